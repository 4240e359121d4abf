#!/usr/bin/env bash
# usage: build_without_registry.sh ROOT_FOLDER
# Fills a new folder with the sandbox's root filesystem: the Dockerfile's twin for machines that
# reach no registry of images. Needs root on Debian; apt and pip use this machine's own settings.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

packages=(
    base-files base-passwd bash coreutils dash debianutils diffutils findutils grep gzip hostname
    libc-bin mawk media-types netbase postgresql procps python3 python3-venv sed tar tzdata util-linux
)
# Dependencies of maintainer scripts, which are not run, and of PostgreSQL's compiler, which is off.
unwanted='^(adduser|debconf|dpkg|git-man|init-system-helpers|lib(llvm|z3-|perl)[0-9.-]*|.*-perl|locales
|libc-l10n|login|passwd|perl|perl-(base|modules.*)|postgresql-(client-)?common|sensible-utils|ssl-cert
|ucf|usrmerge)_'

step() { echo "$(date +%T) $*"; }

download_packages() {
    # An empty dpkg status makes apt resolve the whole closure, not what this machine lacks.
    mkdir -p "$work/debs/partial"
    : >"$work/status"
    compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || apt-get -qq update
    apt-get -q -y --no-install-recommends --download-only -o Dir::State::status="$work/status" \
        -o Dir::Cache::archives="$work/debs" -o Debug::NoLocking=1 -o APT::Sandbox::User=root \
        install "${packages[@]}" >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log"; exit 1; }
}

unpack_packages() {
    local deb folder
    for folder in bin lib lib64 sbin; do
        mkdir -p "$root/usr/$folder"
        ln -s "usr/$folder" "$root/$folder"
    done
    for deb in "$work"/debs/*.deb; do
        [[ ${deb##*/} =~ ${unwanted//$'\n'/} ]] && continue
        dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink \
            --exclude='./usr/share/doc' --exclude='./usr/share/man' --exclude='./usr/share/info' \
            --exclude='./usr/share/locale' --exclude='./usr/share/i18n' --exclude='*/lib/bitcode'
    done
    find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +
}

configure_system() {
    # What the maintainer scripts would have done.
    cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
    cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
    echo 'sandbox:x:1000:1000::/home/sandbox:/bin/bash' >>"$root/etc/passwd"
    echo 'sandbox:x:1000:' >>"$root/etc/group"
    echo '127.0.0.1 localhost' >"$root/etc/hosts"
    echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
    ln -sf mawk "$root/usr/bin/awk"
    ln -s python3 "$root/usr/bin/python"
    (cd "$root/usr/lib/postgresql" && ln -s [0-9]* current)
    install -d -m 1777 "$root/tmp" "$root/dev/shm"
    install -d -o 1000 -g 1000 "$root/home/sandbox" "$root/workspace"
    chroot "$root" /sbin/ldconfig
}

install_python_packages() {
    # In a private mount namespace the image's /usr replaces this machine's: the image's Python
    # evaluates the lock's markers, and /etc, the resolver and pip's settings stay this machine's.
    # Hence the environment lives under /usr, and nothing has to be copied in or cleaned out.
    # shellcheck disable=SC2016 # expanded by the inner shell
    unshare --mount bash -euc '
        mount --bind "$1/usr" /usr
        python3() { /usr/bin/env -u PYTHONPATH -u PYTHONHOME /usr/lib/venv/bin/python "$@"; }
        /usr/bin/python3 -m venv /usr/lib/venv
        python3 -m pip install -q --no-cache-dir --no-compile --only-binary=:all: \
            --no-deps --require-hashes -r "$2"
        python3 -m pip uninstall -q -y pip setuptools
    ' _ "$root" "$here/requirements.txt" 2>"$work/pip.log" || { tail -n 20 "$work/pip.log"; exit 1; }
    # Without bytecode every start would compile anew: nothing can be cached on a read-only root.
    chroot "$root" /bin/sh -ec '/usr/bin/python3 -m compileall -q -j 0 /usr/lib/python3*/ /usr/lib/venv/lib'
}

bake_postgres() {
    install -D -m 755 "$here/start_postgres.sh" "$root/usr/local/bin/start-postgres"
    install -m 755 "$here/bake_postgres.sh" "$root/tmp/bake"
    mknod -m 666 "$root/dev/null" c 1 3
    chroot "$root" /tmp/bake
    rm "$root/dev/null" "$root/tmp/bake"
}

mkdir "$root"
step "downloading Debian packages"
download_packages
step "unpacking them"
unpack_packages
step "configuring the system"
configure_system
step "installing Python packages"
install_python_packages
step "preparing PostgreSQL"
bake_postgres
rm -rf "$root"/var/lib/apt "$root"/var/cache/* "$root"/usr/share/{bug,lintian}
step "root filesystem is complete"
