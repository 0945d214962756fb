#!/bin/sh
# Starts systemd as process 1 on what lies on this machine, seen through an overlay whose changes go to a disk of their own.
# Runs in new namespaces for processes, mounts and names; changes no mount and nothing on the machine but one control group.
#   boot-systemd.sh disk FOLDER GROUP     first: FOLDER holds the disk, GROUP is the name for the control group
#   boot-systemd.sh start ROOT KINDS      second: in that control group, with a view that begins there
#   boot-systemd.sh remove FOLDER GROUP   afterwards: removes that control group, looking at it through FOLDER
set -e

# What such a computer starts beside what is installed on it; the rest of what this machine would start is left out.
is_own() {
  case "$1" in systemd-journald.s* | systemd-journald-dev-log.* | systemd-user-sessions.*) return 0 ;; *) return 1 ;; esac
}

prepare_disk() {
  rm -rf "$root"/etc/systemd/system/* "$root"/var/log/journal "$root"/opt/joinery "$root"/var/lib/joinery
  : > "$root/etc/fstab"
  for unit in "$root"/lib/systemd/system/*.target.wants/*; do
    name=$(basename "$unit")
    case "$name" in *.target) continue ;; esac
    is_own "$name" || ln -sf /dev/null "$root/etc/systemd/system/$name"
  done
  touch "$disk/prepared"
  sync -f "$disk"
}

mount_devices() {
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  ln -s /proc/self/fd/1 "$root/dev/stdout"
  ln -s /proc/self/fd/2 "$root/dev/stderr"
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  mount -t tmpfs tmpfs "$root/dev/shm"
}

# Not where this machine is itself a folder of another one (chroot): there the mount that it stands on has no name.
begins_here() {
  awk '$5 == "/" { found = 1 } END { exit !found }' /proc/self/mountinfo
}

# Control groups are of one kind, or of one kind for each controller. Named are those that systemd makes groups in.
group_kinds() {
  if ! grep -q '^[1-9]' /proc/self/cgroup; then
    echo cgroup2
    return
  fi
  while IFS=: read -r number kind _; do
    case "$number:$kind" in
      0:) echo unified ;;
      *:name=systemd) echo systemd ;;
      *:*memory* | *:*pids* | *:*devices* | *:*blkio* | *:*cpu | *:*cpuacct*) echo "$kind" ;;
    esac
  done < /proc/self/cgroup
}

mount_groups() { # FOLDER KIND
  case "$2" in
    cgroup2 | unified) mount -t cgroup2 cgroup2 "$1" ;;
    systemd) mount -t cgroup -o none,name=systemd cgroup "$1" ;;
    *) mount -t cgroup -o "$2" cgroup "$1" ;;
  esac
}

case "$1" in
  disk)
    disk=$2
    root=$disk/root
    if begins_here; then mount --make-rprivate /; fi
    mkdir -p "$disk/upper" "$disk/work" "$root"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$root"
    [ -e "$disk/prepared" ] || prepare_disk
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount_devices
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    kinds=$(group_kinds)
    # Through mounts of our own: the machine may show its groups read-only.
    mkdir "$root/run/groups"
    for kind in $kinds; do
      mount_groups "$root/run/groups" "$kind"
      mkdir -p "$root/run/groups/$3"
      echo $$ > "$root/run/groups/$3/cgroup.procs"
      umount "$root/run/groups"
    done
    exec unshare --cgroup sh "$0" start "$root" "$kinds"
    ;;
  start)
    root=$2
    if [ "$3" = cgroup2 ]; then
      mount_groups "$root/sys/fs/cgroup" cgroup2
    else
      mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
      for kind in $3; do
        mkdir "$root/sys/fs/cgroup/$kind"
        mount_groups "$root/sys/fs/cgroup/$kind" "$kind"
      done
    fi
    cd "$root"
    set -- env -i container=joinery-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
    if begins_here; then
      mkdir run/outside
      pivot_root . run/outside
      cd /
      umount -l /run/outside
      exec "$@"
    fi
    exec chroot . "$@"
    ;;
  remove)
    if begins_here; then mount --make-rprivate /; fi
    for kind in $(group_kinds); do
      mount_groups "$2" "$kind"
      if [ -d "$2/$3" ]; then find "$2/$3" -depth -type d -exec rmdir {} +; fi
      umount "$2"
    done
    ;;
esac
