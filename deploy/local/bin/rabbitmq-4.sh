#!/bin/sh
# RabbitMQ 4.0 beside the 3.10 of Debian 12: Debian 13's package in a folder of its own, for the tests alone.
#
#   rabbitmq-4.sh    builds it once (about a minute) and prints the folder of its programs: UNAVEZ_RABBITMQ=$(rabbitmq-4.sh)
#
# Needs root, Debian or Ubuntu, and the package mirror apt knows. Exit code 3: it cannot be had here. Nothing stays
# mounted: each program sees the machine's /proc, /sys, /dev and /tmp in a mount namespace that ends with it.
set -eu
home=${UNAVEZ_RABBITMQ_4_HOME:-/var/cache/unavez/rabbitmq-4}
root=$home/root
programs=$home/bin

if [ ! -x "$programs/rabbitmq-server" ]; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        printf '%s\n' 'RabbitMQ 4.0 solo como root en Debian o Ubuntu / only as root on Debian or Ubuntu' >&2
        exit 3
    fi
    command -v debootstrap >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq debootstrap; } >&2
    mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep '/debian/\?$' | head -n 1)
    if [ -z "$mirror" ]; then
        printf '%s\n' 'apt no nombra ningún repositorio de Debian / apt names no mirror of Debian' >&2
        exit 3
    fi
    printf '%s\n' 'Instalando RabbitMQ 4.0 para las pruebas / installing RabbitMQ 4.0 for the tests…' >&2
    rm -rf "$root"
    mkdir -p "$programs"
    debootstrap --variant=minbase trixie "$root" "$mirror" >"$home/install.log" 2>&1
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    # Installing starts no broker.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    unshare --mount sh -eu -c "
        mount --rbind /proc '$root/proc'
        mount --rbind /dev '$root/dev'
        chroot '$root' apt-get update -qq
        DEBIAN_FRONTEND=noninteractive chroot '$root' apt-get install -y -qq --no-install-recommends rabbitmq-server
    " >>"$home/install.log" 2>&1
    for program in rabbitmqctl rabbitmq-server; do
        cat >"$programs/$program" <<PROGRAM
#!/bin/sh
exec unshare --mount sh -eu -c '
    for each in proc sys dev tmp; do mount --rbind "/\$each" "$root/\$each"; done
    exec chroot "$root" "/usr/lib/rabbitmq/bin/$program" "\$@"
' sh "\$@"
PROGRAM
        chmod +x "$programs/$program"
    done
fi
printf '%s\n' "$programs"
