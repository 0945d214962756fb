/**
 * Where the files of `assets/` are served. A node names them by their content when it starts, so that browsers may keep them for ever and get new
 * ones with a new version. The plain names work too, for whoever renders a page without a node.
 */

/** Address of a file in `assets/` by its plain name. */
export const ASSETS = {
  style: '/assets/style.css',
  script: '/assets/page.js',
  icon: '/assets/icon.svg',
  signals: '/assets/signals.js'
} as const

type AssetAddresses = Readonly<Record<keyof typeof ASSETS, string>>

let addresses: AssetAddresses = ASSETS

export function assetAddresses(): AssetAddresses {
  return addresses
}

/** @param nameOf `/assets/style.css` → `/assets/style.<hash>.css` */
export function nameAssets(nameOf: (plain: string) => string): void {
  const { style, script, icon, signals } = ASSETS
  addresses = { style: nameOf(style), script: nameOf(script), icon: nameOf(icon), signals: nameOf(signals) }
}
