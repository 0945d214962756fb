/**
 * `Operations` of a running node, over its local socket.
 *
 * ```ts
 * const operations = createControlClient({ socketPath, version })
 * for await (const progress of operations.import({ source: '/media/usb/workshop' })) …
 * ```
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { JoineryError } from '../../protocols/errors.ts'
import './errors.ts'
import { ANSWER_TIMEOUT_MS, MAX_ANSWER_BYTES, MAX_LINE_BYTES } from './limits.ts'
import { OPERATION_KINDS, type Operations } from './operations.ts'
import {
  fromWire,
  isOperation,
  type OperationName,
  PATH_PREFIX,
  type StreamLine,
  VERSION_HEADER,
  type WireError
} from './wire.ts'

export interface ControlClientInit {
  socketPath: string
  version: string
}

/** Every method fails with `NOT_RUNNING`, `NO_ACCESS` or `OTHER_VERSION` beside its own errors. */
export function createControlClient(init: ControlClientInit): Operations {
  return new Proxy({} as Operations, {
    get(_target, name) {
      if (typeof name !== 'string' || !isOperation(name)) return undefined
      if (OPERATION_KINDS[name] === 'stream')
        return (options: object = {}, signal?: AbortSignal) => askForStream(init, name, options, signal)
      return (options: object = {}, signal?: AbortSignal) => askOnce(init, name, options, signal)
    }
  })
}

async function askOnce(
  init: ControlClientInit,
  name: OperationName,
  options: object,
  signal?: AbortSignal
): Promise<unknown> {
  const { response } = await send(init, name, options, signal, ANSWER_TIMEOUT_MS)
  return await readJson(response)
}

async function* askForStream(
  init: ControlClientInit,
  name: OperationName,
  options: object,
  signal?: AbortSignal
): AsyncGenerator<unknown> {
  const { response, request } = await send(init, name, options, signal)
  try {
    for await (const line of linesOf(response)) {
      const parsed = JSON.parse(line) as StreamLine
      if ('item' in parsed) yield parsed.item
      else if ('error' in parsed) throw fromWire(parsed.error)
      else return
    }
    throw new JoineryError('CLOSED', 'the device stopped before the work was done')
  } catch (error) {
    throw asClientError(error, signal)
  } finally {
    // Leaving the loop early ends the work on the device.
    request.destroy()
  }
}

async function send(
  init: ControlClientInit,
  name: OperationName,
  options: object,
  signal?: AbortSignal,
  timeoutMs?: number
): Promise<{ request: ClientRequest; response: IncomingMessage }> {
  signal?.throwIfAborted()
  const body = JSON.stringify(options)
  const request = httpRequest({
    socketPath: init.socketPath,
    method: 'POST',
    path: PATH_PREFIX + name,
    agent: false,
    headers: {
      [VERSION_HEADER]: init.version,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body)
    },
    ...(signal && { signal })
  })
  if (timeoutMs !== undefined)
    request.setTimeout(timeoutMs, () => request.destroy(new JoineryError('TIMED_OUT', 'the device did not answer')))
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.on('error', (error) => reject(asClientError(error, signal)))
    request.end(body)
  })
  if (response.statusCode !== 200) throw fromWire((await readJson(response)) as WireError)
  return { request, response }
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      bytes += part.length
      if (bytes > MAX_ANSWER_BYTES) throw new JoineryError('TOO_LARGE', 'the answer is too long')
      parts.push(part)
    }
  } catch (error) {
    throw asClientError(error)
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString())
  } catch (cause) {
    throw new JoineryError('CLOSED', 'the device stopped while it answered', { cause })
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = ''
  response.setEncoding('utf8')
  for await (const part of response as AsyncIterable<string>) {
    rest += part
    if (rest.length > MAX_LINE_BYTES) throw new JoineryError('TOO_LARGE', 'a line of the answer is too long')
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

function asClientError(error: unknown, signal?: AbortSignal): unknown {
  if (error instanceof JoineryError) return error
  if (signal?.aborted)
    return signal.reason instanceof JoineryError ? signal.reason : new JoineryError('CANCELLED', 'cancelled')
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ECONNREFUSED')
    return new JoineryError('NOT_RUNNING', 'no Joinery runs on this data folder', { cause: error })
  if (code === 'EACCES' || code === 'EPERM')
    return new JoineryError('NO_ACCESS', 'the device is run by another user', { cause: error })
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new JoineryError('CLOSED', 'the device stopped while it answered', { cause: error })
  return error
}
