#!/bin/sh
# Replaces each running service with one of the images just built. The new one starts beside the old one, so nobody is
# refused. Run in the checkout; docs/runbooks/upgrade.md says what comes before. After an error it may run again.
set -eu

beside() { # SERVICE COUNT: run COUNT containers of it, wait until all are healthy, leave those there are alone
    docker compose up --detach --wait --wait-timeout 180 --no-deps --no-recreate --scale "$1=$2" "$1"
}

give_up() { # SERVICE CONTAINERS: remove every other container of it
    for container in $(docker compose ps --all --quiet "$1"); do
        case "$2" in *"$container"*) continue ;; esac
        docker logs --tail 20 "$container" >&2
        docker rm --force "$container" >/dev/null
    done
    echo "$1: el nuevo no arranca, sigue el anterior / the new one does not start, the old one goes on" >&2
    exit 1
}

docker compose run --rm --no-deps database-roles
for service in notifier referral-router intake directory; do
    docker compose run --rm --no-deps "migrate-$service"
done
# In this order an event is consumed by the new version before the new version publishes it.
for service in notifier referral-router intake directory; do
    docker compose rm --force "$service" # a stopped one would be started again in place of a new one
    old=$(docker compose ps --quiet "$service")
    count=$(printf '%s' "$old" | grep -c '' || true)
    [ "$count" -gt 0 ] || beside "$service" 1
    for container in $old; do
        running=$(docker compose ps --quiet "$service")
        beside "$service" $((count + 1)) || give_up "$service" "$running"
        docker stop "$container" >/dev/null
        docker rm "$container" >/dev/null
    done
done
echo 'Actualizado / upgraded'
