import { close, closeSync, fdatasync, fstat, ftruncate, open, read, write } from 'node:fs'
import type { DiskFile } from './disk.ts'

type Done<Result> = (error: NodeJS.ErrnoException | null, result: Result) => void

/**
 * An open file by its number: half of what `FileHandle` costs for each step. As with that, closing waits for what is under way, and nothing is asked of the
 * number afterwards, which may be another file's by then.
 */
export class NodeFile implements DiskFile {
  readonly #descriptor: number
  #underWay = 0
  #onIdle: (() => void) | undefined
  #closed = false
  /** Written to since the last sync. */
  #unsynced = false

  private constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  static open(path: string, flags: number, mode: number): Promise<NodeFile> {
    return new Promise((resolve, reject) => {
      open(path, flags, mode, (error, descriptor) => {
        if (error) reject(error)
        else resolve(new NodeFile(descriptor))
      })
    })
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return this.#step((file, done) => read(file, into, 0, into.length, position, done))
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#unsynced = true
    for (let written = 0; written < bytes.length; ) {
      const at = written
      written += await this.#step<number>((file, done) =>
        write(file, bytes, at, bytes.length - at, position + at, done)
      )
    }
  }

  async truncate(length: number): Promise<void> {
    this.#unsynced = true
    await this.#step<void>((file, done) => ftruncate(file, length, (error) => done(error, undefined)))
  }

  async sync(): Promise<void> {
    this.#unsynced = false
    try {
      await this.#step<void>((file, done) => fdatasync(file, (error) => done(error, undefined)))
    } catch (error) {
      this.#unsynced = true
      throw error
    }
  }

  sizeBytes(): Promise<number> {
    return this.#step((file, done) => fstat(file, (error, found) => done(error, error ? 0 : found.size)))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (this.#underWay > 0)
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve
      })
    // The system has nothing to write any more: handing that to another thread would cost more than it does.
    if (!this.#unsynced) closeSync(this.#descriptor)
    else
      await new Promise<void>((resolve, reject) => {
        close(this.#descriptor, (error) => (error ? reject(error) : resolve()))
      })
  }

  #step<Result>(begin: (file: number, done: Done<Result>) => void): Promise<Result> {
    if (this.#closed) return Promise.reject(Object.assign(new Error('the file is closed'), { code: 'EBADF' }))
    return new Promise((resolve, reject) => {
      // What Node refuses at once, such as a position that no file has, is not under way.
      begin(this.#descriptor, (error, result) => {
        this.#underWay--
        if (error) reject(error)
        else resolve(result)
        if (this.#underWay === 0) this.#onIdle?.()
      })
      this.#underWay++
    })
  }
}
