/** The systemd unit and the small files beside it, as text. */
import {
  ACCOUNT,
  BOOT_DRIVE_SCRIPT,
  CURRENT,
  LAUNCHER,
  nodeBinary,
  SERVICE_USER,
  STANDARD_DATA_DIRECTORY,
  TRIAL_SCRIPT
} from './layout.ts'

const MIB = 2 ** 20

export interface ServiceInit {
  architecture: string
  dataDirectory: string
  /** Of the whole computer. */
  memoryBytes: number
}

/**
 * From `high` on the system slows the service down and takes caches back; at `max` it is ended and started again. A node takes 110 to 200 MB, and the
 * page cache of what it serves counts too, so the first mark is no tighter than needed. The rest of the board stays usable over ssh.
 */
export function memoryLimits(memoryBytes: number): { high: number; max: number } {
  const high = Math.max(256 * MIB, Math.floor((memoryBytes * 0.6) / MIB) * MIB)
  return { high, max: Math.max(320 * MIB, Math.floor((memoryBytes * 0.8) / MIB) * MIB) }
}

/** How long a start may take on a slow card after a power cut, when the journal is checked first. */
export const TRIAL_SECONDS = 90
/** Starts of a new version before the one before it is taken again. */
export const TRIAL_STARTS = 3

export function serviceUnit({ architecture, dataDirectory, memoryBytes }: ServiceInit): string {
  const { high, max } = memoryLimits(memoryBytes)
  const data = quoted(dataDirectory)
  const separateDisk = dataDirectory === STANDARD_DATA_DIRECTORY ? '' : `RequiresMountsFor=${data}\n`
  return `# Written by \`joinery install\`, which replaces it; own changes go into \`systemctl edit joinery\`.
[Unit]
Description=Joinery, a device of the classroom
Wants=network.target
After=network.target local-fs.target
${separateDisk}# It always comes back: a device in a hall has nobody who starts it by hand.
StartLimitIntervalSec=0

[Service]
Type=exec
User=${SERVICE_USER}
Group=${SERVICE_USER}
# A version that does not come up ${TRIAL_STARTS} times is given up for the one before it, with nobody there (trial.sh).
ExecStartPre=+/bin/sh ${TRIAL_SCRIPT} begin
# A file on the boot drive renews a lost code. Whatever comes of it, the service starts.
ExecStartPre=-+/bin/sh ${BOOT_DRIVE_SCRIPT}
ExecStart=${CURRENT}/${nodeBinary(architecture)} ${CURRENT}/${LAUNCHER} start --without-room --data ${data}
ExecStartPost=+/bin/sh ${TRIAL_SCRIPT} confirm
WorkingDirectory=/
Environment=NODE_ENV=production MALLOC_ARENA_MAX=2 XDG_CACHE_HOME=/var/cache/joinery
Restart=always
RestartSec=2
# The program ends by itself within 30 s; a start may wait for the trial of a new version.
TimeoutStopSec=40
TimeoutStartSec=${TRIAL_SECONDS + 60}
LimitNOFILE=65536
MemoryHigh=${high / MIB}M
MemoryMax=${max / MIB}M
# The greatest process is ended, such as a git that unpacks a bomb; was it Joinery itself, it is started again.
OOMPolicy=continue

# Port 80, and 22 for git, without being root.
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=${data}
CacheDirectory=joinery
CacheDirectoryMode=0700
UMask=0077
# Workshops are imported from people's folders, and from sticks under /media: read only.
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectClock=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
# Not MemoryDenyWriteExecute: the compiler of JavaScript writes code.

[Install]
WantedBy=multi-user.target
`
}

/** For systemd-sysusers, which makes the account where it is missing and leaves it alone where it is there. */
export function accountText(): string {
  return `# ${ACCOUNT}: the account of the service joinery, without a password and without a shell.\nu ${SERVICE_USER} - "Joinery" ${STANDARD_DATA_DIRECTORY} /usr/sbin/nologin\n`
}

/**
 * `joinery` for people. Run as root it becomes the service's account, so that no file of the data folder ever belongs to root; installing and
 * removing stay root's.
 */
export function commandText(architecture: string, dataDirectory: string): string {
  return `#!/bin/sh
# Written by \`joinery install\`.
export JOINERY_DATA="\${JOINERY_DATA:-${dataDirectory}}"
program="${CURRENT}/${nodeBinary(architecture)} ${CURRENT}/${LAUNCHER}"
# The command is the first word that is no option and belongs to none.
command= skip=
for word in "$@"; do
  if [ -n "$skip" ]; then skip=; continue; fi
  case "$word" in --data|--config) skip=yes ;; -*) ;; *) command=$word; break ;; esac
done
case "$command" in install|uninstall) exec $program "$@" ;; esac
if [ "$(id -u)" = 0 ]; then
  export HOME=/nonexistent XDG_CACHE_HOME=/var/cache/joinery
  exec setpriv --reuid=${SERVICE_USER} --regid=${SERVICE_USER} --init-groups -- $program "$@"
fi
exec $program "$@"
`
}

/**
 * Runs as root before and after each start of the service; does nothing unless a version is on trial. It is written in sh and lies outside the versions,
 * since it has to work when the new version does not. All that it changes is one link and one file, each replaced whole.
 */
export function trialScript(architecture: string, dataDirectory: string): string {
  return `#!/bin/sh
# Written by \`joinery install\`: takes an update back that does not come up.
cd "$(dirname "$0")" || exit 0
[ -f trial ] || exit 0
# Root must not run what the service's account could have put into its cache.
export NODE_DISABLE_COMPILE_CACHE=1
case "$1" in
begin)
  previous=$(head -n 1 trial)
  starts=$(grep -c '^start$' trial)
  if [ "$starts" -ge ${TRIAL_STARTS} ] && [ -d "$previous" ]; then
    ln -sfn "$previous" current.back && mv -T current.back current && sync && rm -f trial && sync
    echo "the new version did not come up; back to $previous" >&2
  else
    echo start >> trial && sync
  fi
  ;;
confirm)
  waited=0
  while [ "$waited" -lt ${TRIAL_SECONDS} ]; do
    [ -z "$MAINPID" ] || kill -0 "$MAINPID" 2>/dev/null || exit 1
    current/${nodeBinary(architecture)} current/${LAUNCHER} status --data "\${JOINERY_DATA:-${dataDirectory}}" >/dev/null 2>&1
    code=$?
    # 4: it runs, and has something to tell.
    if [ "$code" = 0 ] || [ "$code" = 4 ]; then rm -f trial && sync; exit 0; fi
    sleep 1
    waited=$((waited + 1))
  done
  exit 1
  ;;
esac
`
}

/** As systemd reads a path in a unit: specifiers begin with %, variables with $. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%').replaceAll('$', '$$$$')}"`
}
