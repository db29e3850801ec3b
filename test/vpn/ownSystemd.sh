#!/bin/sh
# ownSystemd.sh FOLDER CGROUP CHECKOUT NODE: systemd as process 1 of namespaces of its own, over a copy-on-write root, so that nothing of the
# machine changes. It ends, with all that runs there and all that is mounted, when this process does. The network is the machine's.
set -e
folder=$1 cgroup=$2 checkout=$3 node=$4

if [ "$5" != inside ]; then
  # systemd makes groups below its own: that is one which can be removed.
  mkdir "$folder/cgroup"
  mount -t cgroup2 cgroup2 "$folder/cgroup"
  mkdir "$folder/cgroup/$cgroup"
  echo $$ >"$folder/cgroup/$cgroup/cgroup.procs"
  umount "$folder/cgroup"
  exec unshare --mount --pid --fork --uts --ipc --cgroup --kill-child "$0" "$folder" "$cgroup" "$checkout" "$node" inside
fi

mount -t tmpfs tmpfs "$folder"
root=$folder/root
mkdir "$folder/upper" "$folder/work" "$root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
# A service has a /tmp of its own: the program is to be elsewhere, wherever the checkout is.
mkdir -p "$root/opt/mayfly"
: >"$root/opt/node"
mount --rbind "$checkout" "$root/opt/mayfly"
mount --bind "$node" "$root/opt/node"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
# PrivateDevices= fails without.
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs -o mode=755 tmpfs "$root/etc/systemd/system"

# None of the machine's services is started: units are looked for in these two folders alone.
units=$root/run/units
mkdir "$units"
cp /lib/systemd/system/systemd-journald.service /lib/systemd/system/systemd-journald.socket "$units"
for target in sysinit basic shutdown multi-user timers network sockets local-fs; do
  printf '[Unit]\nDefaultDependencies=no\n' >"$units/$target.target"
done
printf '[Unit]\nDefaultDependencies=no\nRequires=systemd-journald.socket\n' >"$units/boot.target"

cd "$root"
mkdir run/old
pivot_root . run/old
umount -l run/old
rmdir run/old
export container=unshare SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/units
exec /lib/systemd/systemd --system --unit=boot.target --log-target=journal --show-status=no
