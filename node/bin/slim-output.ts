/** Two steps of the build that save memory for as long as the program runs. Both were measured on an idle device, four starts each. */
import http from 'node:http'
import type { Plugin } from 'vite'

/** Node loads its WebSocket client, and all of `fetch` with it, when these are looked at. */
const COSTLY = new Set(['WebSocket', 'CloseEvent', 'MessageEvent'])
const PLAIN_HTTP = '\0plain-http'

/**
 * `import … from 'node:http'` looks at every export of it, also at those that load a WebSocket client and `fetch`, which this program
 * has no use for: 2 MB. Asked for by `getBuiltinModule` it is the same module without that.
 */
export function plainHttp(): Plugin {
  return {
    name: 'plain-http',
    enforce: 'pre',
    resolveId: {
      filter: { id: /^(?:node:)?http$/ },
      handler: (_id, _importer, { kind }) => (kind === 'require-call' ? undefined : PLAIN_HTTP)
    },
    load: {
      filter: { id: /^\0plain-http$/ },
      handler: () => {
        const names = Object.keys(http).filter((name) => !COSTLY.has(name))
        return `const http = process.getBuiltinModule('node:http')\nexport default http\nexport const { ${names.join(', ')} } = http\n`
      }
    }
  }
}

/**
 * Letters with accents and the like as escapes: with a single one of them Node keeps the whole text of a file in two bytes a character, which is
 * 3.5 MB more.
 *
 * @throws Error where an escape would mean something else
 */
export function asciiText(): Plugin {
  return {
    name: 'ascii-text',
    generateBundle(_options, bundle) {
      for (const output of Object.values(bundle)) {
        if ('code' in output) output.code = inAscii(output.code, output.fileName)
      }
    }
  }
}

export function inAscii(code: string, fileName: string): string {
  if (/\\[^\0-\x7f]|String\.raw`[^`]*[^\0-\x7f]/.test(code))
    throw new Error(`${fileName}: a character that cannot be written as an escape`)
  return code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
