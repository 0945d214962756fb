/** What the build does to the text of the program must not change what it means. */
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { inAscii } from '../../../node/bin/slim-output.ts'

test('strings, templates, patterns and names mean the same in ASCII', () => {
  const code = `const größe = 'año – 30 €'; const π = 3; \`\${größe} 😀 … \${π}\` + /^[à-ÿ–😀]+$/u.test('ñ–😀') + 'x’y'.replace(/’/g, '')`
  const ascii = inAscii(code, 'a.js')
  expect(ascii).toMatch(/^[\0-\x7f]+$/)
  expect(runInNewContext(ascii)).toBe(runInNewContext(code))
  expect(runInNewContext(ascii)).toBe('año – 30 € 😀 … 3truexy')
})

test('what an escape would change stops the build', () => {
  expect(() => inAscii("/a\\é/.test('é')", 'a.js')).toThrow('a.js')
  expect(() => inAscii('String.raw`é`', 'a.js')).toThrow('a.js')
  expect(inAscii("String.raw`a` + 'é'", 'a.js')).toBe("String.raw`a` + '\\u00e9'")
})
