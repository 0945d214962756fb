/**
 * Setup for Linux and macOS: a POSIX shell script that changes one settings file and leaves a second script that puts it back byte for byte.
 * Nothing runs before the whole script has arrived. What somebody changed in the file meanwhile is kept: then only our lines are taken out.
 */
import { rProfileBlock } from './r-profile.ts'
import type { SetupPlace, SetupTool } from './setup-tool.ts'

interface ToolScript {
  /** Sets BASE (where the undo script goes), FILE (what is changed), and fails with words when the tool is not there. */
  find: string
  /** Changes FILE. */
  change: string
  /** Takes only our lines out of FILE. The tool may be gone by then. */
  takeOut: string
  done: string
}

const TOOLS: Readonly<Record<SetupTool, ToolScript>> = {
  pip: {
    find: `
  scope=--user
  BASE=$HOME/.joinery
  python=
  if [ -n "\${VIRTUAL_ENV:-}" ] && [ -x "$VIRTUAL_ENV/bin/python" ]; then
    scope=--site
    BASE=$VIRTUAL_ENV/.joinery
    python=$VIRTUAL_ENV/bin/python
  else
    for one in python3 python; do
      if command -v "$one" >/dev/null 2>&1 && "$one" -m pip --version >/dev/null 2>&1; then python=$one; break; fi
    done
  fi
  [ -n "$python" ] || fail "pip was not found. Install Python first: $ADDRESS/installers/"
  variant=\${scope#--}
  FILE=$("$python" -m pip config -v list 2>/dev/null | sed -n "s/^For variant '$variant', will try loading '\\(.*\\)'\\$/\\1/p" | tail -n 1)
  [ -n "$FILE" ] || fail "this pip does not say where its settings are; it is too old"`,
    change: `
  hosts=$("$python" -m pip config "$scope" get global.trusted-host 2>/dev/null || true)
  case " $hosts " in *" $HOST "*) ;; *) hosts="\${hosts:+$hosts }$HOST" ;; esac
  "$python" -m pip config "$scope" set global.index-url "$ADDRESS/pypi/simple/" >/dev/null
  "$python" -m pip config "$scope" set global.trusted-host "$hosts" >/dev/null`,
    takeOut: `
  sed -e "\\|^index-url *= *$ADDRESS/|d" -e "s|^\\(trusted-host *=.*\\) $HOST\\$|\\1|" -e "\\|^trusted-host *= *$HOST\\$|d" "$FILE" > "$STATE/mended"
  cat "$STATE/mended" > "$FILE"`,
    done: 'pip installs from the room now: pip install NAME'
  },
  r: {
    find: `
  BASE=$HOME/.joinery
  FILE=\${R_PROFILE_USER:-$HOME/.Rprofile}
  if [ -e .Rprofile ] || ls ./*.Rproj >/dev/null 2>&1; then
    FILE=$(pwd)/.Rprofile
    [ "$(pwd)" = "$HOME" ] || BASE=$(pwd)/.joinery
  fi`,
    change: `
  if [ -s "$FILE" ] && [ -n "$(tail -c 1 "$FILE")" ]; then echo >> "$FILE"; fi
  cat >> "$FILE" <<EOF
${rProfileBlock('$ADDRESS')}EOF`,
    takeOut: `
  sed '/^# >>> joinery >>>$/,/^# <<< joinery <<<$/d' "$FILE" > "$STATE/mended"
  cat "$STATE/mended" > "$FILE"`,
    done: 'R installs from the room now, from its next start on: install.packages("NAME")'
  },
  git: {
    find: `
  command -v git >/dev/null 2>&1 || fail "git was not found. Install it first: $ADDRESS/installers/"
  BASE=$HOME/.joinery
  FILE=\${GIT_CONFIG_GLOBAL:-$HOME/.gitconfig}
  if [ ! -e "$FILE" ] && [ -z "\${GIT_CONFIG_GLOBAL:-}" ] && [ -e "\${XDG_CONFIG_HOME:-$HOME/.config}/git/config" ]; then
    FILE=\${XDG_CONFIG_HOME:-$HOME/.config}/git/config
  fi
  if inside=$(git rev-parse --absolute-git-dir 2>/dev/null); then
    FILE=$inside/config
    BASE=$inside/joinery
  fi`,
    change: `
  git config --file "$FILE" --add "url.$ADDRESS/.insteadOf" https://github.com/
  git config --file "$FILE" --add "url.$ADDRESS/.insteadOf" git@github.com:`,
    takeOut: `
  git config --file "$FILE" --remove-section "url.$ADDRESS/" 2>/dev/null || true`,
    done: 'git uses the room in place of github.com now'
  }
}

export function posixSetup(tool: SetupTool, { origin, host }: SetupPlace): string {
  const { find, change, done } = TOOLS[tool]
  return `#!/bin/sh
# Points ${tool} at this room. Undo: run it with --undo, or without the room: sh ~/.joinery/undo-${tool}.sh
set -eu
ADDRESS='${origin}'
HOST='${host}'
fail() { echo "$1" >&2; exit 1; }
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/'/'\\\\\\\\''/g")"; }

prepare() {
  STATE=$BASE/setup-${tool}
  UNDO=$BASE/undo-${tool}.sh
}

apply() {
  if [ -e "$STATE/file" ]; then
    if [ "$(cat "$STATE/address")" = "$ADDRESS" ] && [ -e "$FILE" ] && cmp -s "$FILE" "$STATE/after"; then
      echo "Already set up; nothing was changed."
      return
    fi
    sh "$UNDO" >/dev/null
  fi
  mkdir -p "$STATE"
  # Folders that are new go again with the undo.
  folder=$(dirname "$FILE")
  : > "$STATE/folders"
  while [ ! -d "$folder" ]; do
    printf '%s\\n' "$folder" >> "$STATE/folders"
    folder=$(dirname "$folder")
  done
  mkdir -p "$(dirname "$FILE")"
  rm -f "$STATE/before"
  if [ -e "$FILE" ]; then cp -p "$FILE" "$STATE/before"; fi
  printf '%s' "$ADDRESS" > "$STATE/address"
  {
    echo '#!/bin/sh'
    echo 'set -eu'
    echo "FILE=$(quoted "$FILE")"
    echo "STATE=$(quoted "$STATE")"
    echo "ADDRESS=$(quoted "$ADDRESS")"
    echo "HOST=$(quoted "$HOST")"
    cat <<'JOINERY_UNDO'
${undoBody(tool)}JOINERY_UNDO
  } > "$UNDO"
  printf '%s' "$FILE" > "$STATE/file"
${change.slice(1)}
  cp -p "$FILE" "$STATE/after"
  echo "${done.replaceAll('"', '\\"')}"
  echo "Before you leave: sh $(quoted "$UNDO")"
}

main() {
${find.slice(1)}
  prepare
  if [ "\${1:-}" = --undo ]; then
    if [ -e "$UNDO" ]; then sh "$UNDO"; else echo "There is nothing to undo."; fi
  else
    apply
  fi
}

main "$@"
`
}

function undoBody(tool: SetupTool): string {
  return `main() {
  if [ ! -e "$STATE/file" ]; then echo "There is nothing to undo."; return; fi
  if [ -e "$FILE" ] && [ -e "$STATE/after" ] && ! cmp -s "$FILE" "$STATE/after"; then
${TOOLS[tool].takeOut.slice(1)}
    echo "Somebody changed $FILE since: only the room's lines were taken out."
  elif [ -e "$STATE/before" ]; then
    cp -p "$STATE/before" "$FILE"
    echo "$FILE is as it was."
  else
    rm -f "$FILE"
    echo "$FILE is gone again, as it was."
  fi
  while read -r folder; do rmdir "$folder" 2>/dev/null || true; done < "$STATE/folders"
  rm -rf "$STATE"
  rm -f "$0"
  rmdir "$(dirname "$STATE")" 2>/dev/null || true
}
main
`
}
