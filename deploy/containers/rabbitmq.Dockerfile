# The broker with its configuration. In the image, because a checkout with a narrow umask has files only its owner reads.
FROM rabbitmq:4
COPY --chmod=0644 deploy/containers/rabbitmq.conf /etc/rabbitmq/conf.d/20-unavez.conf
