/** Which visitors count as one for the limits on guessing. */

/**
 * An IPv4 address stands for itself; of IPv6 whoever has one address has the whole /64 and can use another one for each try.
 *
 * @param address as a socket gives it, such as `192.168.1.30`, `::ffff:192.168.1.30` or `fe80::1%wlan0`
 */
export function addressGroup(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=[\d.]+$)/i, '')
  if (!plain.includes(':')) return plain
  const [before = '', after] = plain.split('::', 2)
  const groups = before === '' ? [] : before.split(':')
  const missing = after === undefined ? 0 : 8 - groups.length - (after === '' ? 0 : after.split(':').length)
  const all = [...groups, ...new Array<string>(Math.max(0, missing)).fill('0'), ...(after ? after.split(':') : [])]
  return `${all
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
