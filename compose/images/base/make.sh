#!/usr/bin/env bash
# Makes the base image where no image registry answers: Debian bookworm by debootstrap, with this host's
# package sources and extra CA certificates in it, imported into the Docker engine as $1.
set -euo pipefail
tag=${1:?usage: make.sh TAG}
mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -n1 | tr -d ' ' || true)
mirror=${mirror:-http://deb.debian.org/debian}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror"
cat > "$root/etc/apt/sources.list" <<SOURCES
deb $mirror bookworm main
deb $mirror bookworm-updates main
SOURCES
for proxy in /etc/apt/apt.conf.d/*proxy*; do [ -f "$proxy" ] && cp "$proxy" "$root/etc/apt/apt.conf.d/"; done
mkdir -p "$root/usr/local/share/ca-certificates"
cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
chroot "$root" update-ca-certificates >/dev/null
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
       "$root"/usr/share/{doc,man,locale}/*
printf '%s\n' 'path-exclude /usr/share/doc/*' 'path-exclude /usr/share/man/*' 'path-exclude /usr/share/locale/*' \
  > "$root/etc/dpkg/dpkg.cfg.d/slim"
tar -C "$root" -c . | docker import --change 'CMD ["bash"]' --message "tfbench debootstrap base" - "$tag"
