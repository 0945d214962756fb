/** The lines that make stock clients use this room, ready to paste. Used by the pages and by the command line. */

/** pip takes plain HTTP only from hosts it was told to trust, loopback excepted. */
export function pipLine(origin: string, packageName: string): string {
  const { hostname } = new URL(origin)
  const name = hostname.replace(/^\[|\]$/g, '')
  const loopback = name === 'localhost' || name === '::1' || name.startsWith('127.')
  const trust = loopback ? '' : ` --trusted-host ${name}`
  return `pip install --index-url ${origin}/pypi/simple/${trust} ${packageName}`
}

/** R gives up on a download after 60 s in all, whatever still flows: too short for weak Wi-Fi. */
export function rLine(origin: string, packageName: string): string {
  return `options(timeout = 1200); install.packages("${packageName}", repos = "${origin}/cran")`
}
