#!/bin/sh
# Makes sure the tests can start a RabbitMQ server of their own. They never use one that already runs.
set -eu
for folder in /usr/lib/rabbitmq/bin /opt/homebrew/opt/rabbitmq/sbin /usr/local/opt/rabbitmq/sbin /usr/local/sbin; do
    [ -x "$folder/rabbitmq-server" ] && exit 0
done
command -v rabbitmq-server >/dev/null 2>&1 && exit 0

printf '%s\n' 'Instalando RabbitMQ para las pruebas / installing RabbitMQ for the tests…' >&2
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    # The package would start a broker of the machine's own: the tests do not want it, so nothing is started.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends rabbitmq-server >/dev/null
elif command -v brew >/dev/null 2>&1; then
    brew install --quiet rabbitmq
elif command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1; then
    docker pull --quiet rabbitmq:4-management >/dev/null
else
    printf '%s\n' 'No hay RabbitMQ. Instálelo (apt-get install rabbitmq-server, brew install rabbitmq) o arranque Docker.' \
        'No RabbitMQ server: install one (apt-get install rabbitmq-server, brew install rabbitmq) or start Docker.' >&2
    exit 2
fi
