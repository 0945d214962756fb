/** What an installed device does with a file on its boot drive, which any laptop can write: whoever holds the card holds the device. */
import { CURRENT, LAUNCHER, nodeBinary, SERVICE_USER } from './layout.ts'

/**
 * Runs as root before each start of the service, since the boot drive is root's. The request is taken away, durably, before anything is done, so that it
 * counts once; where it cannot be taken away nothing is done. What is in it is read by the program under the service's account, never by root.
 * Other boards: `Environment=JOINERY_BOOT_FOLDERS="/one /other"` in `systemctl edit joinery`.
 */
export function bootDriveScript(architecture: string, dataDirectory: string): string {
  return `#!/bin/sh
# Written by \`joinery install\`: a facilitator who is locked out puts joinery-reset.txt onto the boot drive.
for folder in \${JOINERY_BOOT_FOLDERS:-/boot/firmware /boot}; do
  # Windows hides endings: .txt.txt is what it makes of a name that was typed whole.
  for name in joinery-reset.txt joinery-reset.txt.txt; do
    asked="$folder/$name"
    [ -f "$asked" ] && [ ! -L "$asked" ] || continue
    work=$(mktemp -d "\${JOINERY_RUN:-/run}/joinery-reset.XXXXXX") || exit 0
    head -c 4097 "$asked" > "$work/asked"
    if ! rm -f "$asked" || ! sync -f "$folder"; then
      echo "$asked cannot be removed, so nothing was reset: is the boot drive read-only?" >&2
      rm -rf "$work"
      continue
    fi
    chmod 755 "$work" && chmod 644 "$work/asked"
    HOME=/nonexistent XDG_CACHE_HOME=/var/cache/joinery setpriv --reuid=${SERVICE_USER} --regid=${SERVICE_USER} --init-groups -- ${CURRENT}/${nodeBinary(architecture)} ${CURRENT}/${LAUNCHER} person recover "$work/asked" --data "${dataDirectory}" > "$work/answer" 2>&1
    # For whoever holds the card or stands before the screen; the log does not get the code.
    rm -f "$folder/joinery-code.txt"
    cp "$work/answer" "$folder/joinery-code.txt" && sync -f "$folder"
    cat "$work/answer" > "\${JOINERY_CONSOLE:-/dev/console}" 2> /dev/null
    echo "a code was asked for by $asked: the answer is in $folder/joinery-code.txt" >&2
    rm -rf "$work"
  done
done
exit 0
`
}
