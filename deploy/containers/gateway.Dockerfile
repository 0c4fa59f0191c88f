# The gateway with its configuration. In the image, because a checkout with a narrow umask has files only its owner reads.
FROM nginxinc/nginx-unprivileged:stable
COPY --chmod=0644 deploy/containers/nginx.conf /etc/nginx/nginx.conf
# Once it runs, its log is empty, whatever is wrong with its configuration.
RUN nginx -t -q
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8081 && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 204 ' <&3"]
