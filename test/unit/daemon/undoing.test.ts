import { expect, test } from 'vitest'
import { Undoing } from '../../../node/daemon/undoing.ts'

test('the last thing is undone first, each one waits for the one before it', async () => {
  const done: string[] = []
  const undo = new Undoing()
  undo.add(() => done.push('first'))
  undo.add(async () => {
    await Promise.resolve()
    done.push('second')
  })
  await undo.run()
  expect(done).toEqual(['second', 'first'])
})

test('one that fails does not keep the others from being undone, and every failure is told', async () => {
  const done: string[] = []
  const undo = new Undoing()
  undo.add(() => done.push('first'))
  undo.add(() => Promise.reject(new Error('second is stuck')))
  undo.add(() => {
    throw new Error('third is stuck')
  })
  await expect(undo.run()).rejects.toMatchObject({
    errors: [{ message: 'third is stuck' }, { message: 'second is stuck' }]
  })
  expect(done).toEqual(['first'])
})

test('a step that was taken over keeps its place', async () => {
  const done: string[] = []
  const undo = new Undoing()
  const step = undo.add(() => done.push('store'))
  undo.add(() => done.push('mesh'))
  undo.replace(step, () => done.push('blobs'))
  await undo.run()
  expect(done).toEqual(['mesh', 'blobs'])
  expect(() => undo.replace(step, () => undefined)).toThrow('no such step')
})

test('nothing is undone twice', async () => {
  let times = 0
  const undo = new Undoing()
  undo.add(() => times++)
  await undo.run()
  await undo.run()
  expect(times).toBe(1)
})
