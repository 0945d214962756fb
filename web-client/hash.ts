/** A short name of a text (FNV-1a, 32 bits): the browser asks by it whether the node rendered the same already. No defence against anybody. */
export function hashOf(text: string): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return (hash >>> 0).toString(36)
}
