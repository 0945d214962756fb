import { expect, test } from 'vitest'
import { portFinding } from '../../../node/daemon/port-finding.ts'

test('whoever has port 80 is named, with what to do about it', () => {
  const { level, code, text, next } = portFinding(8080, 'nginx')
  expect([level, code]).toEqual(['warning', 'PORT_TAKEN'])
  expect(text).toBe('Port 80 is used by nginx, so the pages are on port 8080.')
  expect(next).toContain('systemctl disable --now nginx')
})

test('where it cannot be told who has port 80, nobody is accused', () => {
  const { text, next } = portFinding(8080, undefined)
  expect(text).toBe('The pages are on port 8080: port 80 was not free, or needs more rights.')
  expect(next).toContain("ss -ltnp 'sport = :80'")
})
