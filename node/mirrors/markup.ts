/** Text as HTML text or attribute value. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A path as part of a URL: each part encoded, slashes kept. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}

/** A relative reference to `name`, safe when the name has a colon. */
export function relativeReference(name: string): string {
  return `./${encodePath(name)}`
}
