/** Setup for Windows, in PowerShell 5.1 and later: the same rules as `posix-script.ts`. */
import type { SetupPlace, SetupTool } from './setup-tool.ts'

interface ToolScript {
  find: string
  change: string
  takeOut: string
  done: string
}

const TOOLS: Readonly<Record<SetupTool, ToolScript>> = {
  pip: {
    find: `
  $script:scope = '--user'
  $script:python = $null
  if ($env:VIRTUAL_ENV -and (Test-Path "$env:VIRTUAL_ENV\\Scripts\\python.exe")) {
    $script:scope = '--site'
    $script:base = "$env:VIRTUAL_ENV\\.joinery"
    $script:python = "$env:VIRTUAL_ENV\\Scripts\\python.exe"
  } else {
    foreach ($one in 'py', 'python', 'python3') {
      if (Get-Command $one -ErrorAction SilentlyContinue) {
        & $one -m pip --version *> $null
        if ($LASTEXITCODE -eq 0) { $script:python = $one; break }
      }
    }
  }
  if (-not $script:python) { throw "pip was not found. Install Python first: $address/installers/" }
  $variant = $script:scope.Substring(2)
  $script:file = & $script:python -m pip config -v list 2>$null |
    Select-String "^For variant '$variant', will try loading '(.*)'$" |
    ForEach-Object { $_.Matches[0].Groups[1].Value } | Select-Object -Last 1
  if (-not $script:file) { throw 'this pip does not say where its settings are; it is too old' }`,
    change: `
  $hosts = & $script:python -m pip config $script:scope get global.trusted-host 2>$null
  if (" $hosts " -notlike "* $hostName *") { $hosts = "$hosts $hostName".Trim() }
  & $script:python -m pip config $script:scope set global.index-url "$address/pypi/simple/" | Out-Null
  & $script:python -m pip config $script:scope set global.trusted-host "$hosts" | Out-Null`,
    takeOut: `
    $lines = [IO.File]::ReadAllLines($file) | Where-Object { $_ -notmatch "^index-url *= *$([regex]::Escape($address))/" -and $_ -notmatch "^trusted-host *= *$([regex]::Escape($hostName))$" }
    [IO.File]::WriteAllLines($file, [string[]]$lines)`,
    done: 'pip installs from the room now: pip install NAME'
  },
  r: {
    find: `
  $documents = [Environment]::GetFolderPath('MyDocuments')
  $script:file = if ($env:R_PROFILE_USER) { $env:R_PROFILE_USER } elseif ($env:R_USER) { "$env:R_USER\\.Rprofile" } else { "$documents\\.Rprofile" }
  if ((Test-Path .Rprofile) -or (Get-ChildItem *.Rproj)) {
    $script:file = "$PWD\\.Rprofile"
    $script:base = "$PWD\\.joinery"
  }`,
    change: `
  $before = if (Test-Path $script:file) { [IO.File]::ReadAllText($script:file) } else { '' }
  if ($before -and -not $before.EndsWith("\`n")) { $before += "\`n" }
  $block = @"
# >>> joinery >>>
local({
  repos <- getOption("repos")
  repos["CRAN"] <- "$address/cran"
  options(repos = repos, timeout = max(600, getOption("timeout")))
})
# <<< joinery <<<

"@
  [IO.File]::WriteAllText($script:file, $before + $block)`,
    takeOut: `
    $text = [IO.File]::ReadAllText($file)
    [IO.File]::WriteAllText($file, [regex]::Replace($text, '(?ms)^# >>> joinery >>>.*?^# <<< joinery <<<\\r?\\n', ''))`,
    done: 'R installs from the room now, from its next start on: install.packages("NAME")'
  },
  git: {
    find: `
  if (-not (Get-Command git -ErrorAction SilentlyContinue)) { throw "git was not found. Install it first: $address/installers/" }
  $script:file = if ($env:GIT_CONFIG_GLOBAL) { $env:GIT_CONFIG_GLOBAL } else { "$HOME\\.gitconfig" }
  $inside = git rev-parse --absolute-git-dir 2>$null
  if ($LASTEXITCODE -eq 0 -and $inside) {
    $script:file = "$inside\\config"
    $script:base = "$inside\\joinery"
  }`,
    change: `
  git config --file $script:file --add "url.$address/.insteadOf" https://github.com/
  git config --file $script:file --add "url.$address/.insteadOf" git@github.com:`,
    takeOut: `
    git config --file $file --remove-section "url.$address/" 2>$null`,
    done: 'git uses the room in place of github.com now'
  }
}

export function powershellSetup(tool: SetupTool, { origin, host }: SetupPlace): string {
  const { find, change, takeOut, done } = TOOLS[tool]
  return `# Points ${tool} at this room. Undo, also without the room: the file undo-${tool}.ps1 in $HOME\\.joinery
& {
  $ErrorActionPreference = 'Stop'
  $address = '${origin}'
  $hostName = '${host}'
  $script:base = "$HOME\\.joinery"
${find.slice(1)}
  $state = "$script:base\\setup-${tool}"
  $undo = "$script:base\\undo-${tool}.ps1"
  if (Test-Path "$state\\file") {
    $same = (Test-Path $script:file) -and (Test-Path "$state\\after") -and ((Get-FileHash $script:file).Hash -eq (Get-FileHash "$state\\after").Hash)
    if ($same -and [IO.File]::ReadAllText("$state\\address") -eq $address) { 'Already set up; nothing was changed.'; return }
    & powershell -ExecutionPolicy Bypass -File $undo | Out-Null
  }
  New-Item -ItemType Directory -Force $state | Out-Null
  New-Item -ItemType Directory -Force (Split-Path $script:file) | Out-Null
  if (Test-Path $script:file) { Copy-Item $script:file "$state\\before" }
  [IO.File]::WriteAllText("$state\\address", $address)
  [IO.File]::WriteAllText("$state\\file", $script:file)
  $q = { param($text) "'" + $text.Replace("'", "''") + "'" }
  $head = '$file = ' + (& $q $script:file) + "\`n" + '$state = ' + (& $q $state) + "\`n" + '$address = ' + (& $q $address) + "\`n" + '$hostName = ' + (& $q $hostName) + "\`n"
  $body = @'
if (-not (Test-Path "$state\\file")) { 'There is nothing to undo.' }
else {
  if ((Test-Path $file) -and (Test-Path "$state\\after") -and ((Get-FileHash $file).Hash -ne (Get-FileHash "$state\\after").Hash)) {
${takeOut.slice(1)}
    "Somebody changed $file since: only the room's lines were taken out."
  } elseif (Test-Path "$state\\before") {
    Copy-Item "$state\\before" $file -Force
    "$file is as it was."
  } else {
    Remove-Item $file -Force -ErrorAction SilentlyContinue
    "$file is gone again, as it was."
  }
  Remove-Item $state -Recurse -Force
}
'@
  [IO.File]::WriteAllText($undo, $head + $body)
${change.slice(1)}
  Copy-Item $script:file "$state\\after"
  '${done}'
  "Before you leave: powershell -ExecutionPolicy Bypass -File '$undo'"
}
`
}
