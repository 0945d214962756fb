/** Pages of people's repositories: `/repositories`, `/new`, `/<person>` and all below `/<person>/<repository>`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { JoineryError } from '../../protocols/errors.ts'
import type { ObjectId, Repository } from '../../protocols/git.ts'
import { isObjectId, isRepositoryName } from '../../protocols/git-names.ts'
import { isPersonName, personNameOf } from '../../protocols/person-name.ts'
import type { FormProblem } from '../../web-client/form.ts'
import { type Html, html } from '../../web-client/html.ts'
import type { Language } from '../../web-client/languages.ts'
import { renderCommitPage, renderCommitsPage } from '../../web-client/repositories/commits-page.ts'
import {
  type ApartBranch,
  renderFilePage,
  renderFolderPage,
  renderSetupPage
} from '../../web-client/repositories/files-page.ts'
import {
  renderAllRepositories,
  renderNewRepositoryPage,
  renderPersonPage
} from '../../web-client/repositories/lists.ts'
import {
  atQuery,
  encodePath,
  type RepositoryHead,
  repositoryPath
} from '../../web-client/repositories/repository-frame.ts'
import { renderSettingsPage } from '../../web-client/repositories/settings-page.ts'
import { repositoryTextsIn } from '../../web-client/repositories/texts.ts'
import type { KnownPerson, People } from '../people/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { NetworkAddress } from '../platform/network-interfaces.ts'
import { allowed, changesBy } from './guarded-routes.ts'
import {
  acceptForms,
  addPageHeaders,
  formOf,
  goTo,
  personOf,
  sendFreshPage,
  sendPage,
  visitorOf
} from './page-answer.ts'
import type { PeopleDoor } from './people-door.ts'
import { sendRawFile } from './raw-file.ts'
import type { RepositoryDoor, RepositoryHost } from './repository-door.ts'
import { PAGE_HEADERS } from './response-headers.ts'
import { roomAddresses } from './room-addresses.ts'

export interface RepositoryRouteOptions {
  people: PeopleDoor
  repositories: RepositoryDoor
  clock: Clock
  addresses(): NetworkAddress[]
  port(): number
}

/** A page of commits; the next one is a click away. */
const COMMITS_PER_PAGE = 50
/** Of a room; whoever has more looks at the people's own pages. */
const MOST_LISTED = 1_000
/** More text than anybody reads in a page; the file as it is can be downloaded. */
const MOST_SHOWN_BYTES = 512 * 1024
const README = /^readme(?:\.(?:md|markdown|txt|rst))?$/i
const MARKDOWN = /\.(?:md|markdown)$/i

/** What an address names. */
interface Found {
  owner: KnownPerson
  repository: Repository
  host: RepositoryHost
  head: RepositoryHead
  /** The commit that is looked at; undefined in an empty repository. */
  commit: ObjectId | undefined
}

export function addRepositoryRoutes(app: FastifyInstance, options: RepositoryRouteOptions): void {
  const { people: peopleDoor, repositories, clock } = options
  acceptForms(app)
  addPageHeaders(app, PAGE_HEADERS)

  const here = (): { people: People; host: RepositoryHost } => {
    const people = peopleDoor.current()
    const host = repositories.current()
    if (!people || !host) throw new JoineryError('NOT_IN_ROOM', 'this device belongs to no room yet')
    return { people, host }
  }

  /**
   * @returns undefined when an older name of the person was used: the answer is a redirect then
   * @throws JoineryError `NOT_IN_ROOM`
   */
  const find = (request: FastifyRequest, reply: FastifyReply): Found | undefined => {
    const { people, host } = here()
    const path = request.raw.visit?.path
    const [, personName = '', repositoryName = '', ...rest] = (path?.path ?? '').split('/')
    const owner = isPersonName(personName.toLowerCase()) ? people.named(personName) : undefined
    const repository =
      owner && isRepositoryName(repositoryName) ? host.directory.find(owner.id, repositoryName) : undefined
    if (!owner || !repository) throw new JoineryError('NOT_IN_ROOM', 'no such repository')
    if (owner.name !== personName || repository.name !== repositoryName) {
      const below = rest.map((part) => `/${encodePath(part)}`).join('')
      void reply.redirect(
        `${repositoryPath({ owner, name: repository.name })}${below}${path?.search ? `?${path.search}` : ''}`,
        302
      )
      return undefined
    }
    const refs = host.directory.refs(repository.id)
    const branches = [...refs.keys()]
      .filter((ref) => ref.startsWith('refs/heads/'))
      .map((ref) => ref.slice('refs/heads/'.length))
      .sort((a, b) => (a === 'main' ? -1 : b === 'main' ? 1 : a < b ? -1 : 1))
    const defaultBranch = branches[0] ?? 'main'
    const asked = new URLSearchParams(path?.search).get('at') ?? undefined
    const at = asked === undefined || asked === defaultBranch ? undefined : asked
    const commit = refs.get(`refs/heads/${at ?? defaultBranch}`) ?? refs.get(`refs/tags/${at}`) ?? idOf(at)
    if (at !== undefined && commit === undefined) throw new JoineryError('NOT_IN_ROOM', 'no such branch or commit')
    const { origins } = roomAddresses(request.raw.visit?.host, options.addresses(), options.port())
    const head: RepositoryHead = {
      owner,
      name: repository.name,
      defaultBranch,
      branches,
      cloneAddress: `${origins[0]}/${owner.name}/${repository.name}.git`,
      mine: personOf(request, peopleDoor)?.id === owner.id,
      ...(at !== undefined && { at })
    }
    return { owner, repository, host, head, commit }
  }

  // Lists

  app.get('/repositories', async (request, reply) => {
    const { people, host } = here()
    const lines = people
      .list()
      .flatMap((owner) => host.directory.ofOwner(owner.id).map(({ name }) => ({ owner, name })))
      .slice(0, MOST_LISTED)
    return sendPage(request, reply, renderAllRepositories(lines, visitorOf(request, peopleDoor)))
  })
  app.get('/new', async (request, reply) => {
    const person = personOf(request, peopleDoor)
    if (!person) return goTo(reply, '/sign-in?next=/new')
    return sendFreshPage(reply, renderNewRepositoryPage(person.name, {}, visitorOf(request, peopleDoor)))
  })
  app.post('/new', changesBy('create-repository'), async (request, reply) => {
    const person = allowed(request, peopleDoor, 'create-repository')
    const name = (formOf(request).get('name') ?? '').trim()
    try {
      const repository = await here().host.directory.create(person.id, name)
      return goTo(reply, repositoryPath({ owner: person, name: repository.name }))
    } catch (error) {
      const visitor = visitorOf(request, peopleDoor)
      const form = { name, problem: problemOf(error, visitor.language) }
      return sendFreshPage(reply, renderNewRepositoryPage(person.name, form, visitor), statusOf(error))
    }
  })
  app.get('/:person', async (request, reply) => {
    const { people, host } = here()
    const asked = (request.raw.visit?.path.path ?? '').slice(1)
    const person = isPersonName(asked.toLowerCase()) ? people.named(asked) : undefined
    if (!person) throw new JoineryError('NOT_IN_ROOM', 'no such page')
    if (person.name !== asked) return reply.redirect(`/${person.name}`, 302)
    const lines = host.directory.ofOwner(person.id).map(({ name }) => ({ owner: person, name }))
    return sendPage(request, reply, renderPersonPage(person, lines, visitorOf(request, peopleDoor)))
  })

  // One repository

  app.get('/:person/:repository', async (request, reply) => {
    const found = find(request, reply)
    if (!found) return reply
    const visitor = visitorOf(request, peopleDoor)
    if (found.commit === undefined) return sendPage(request, reply, renderSetupPage(found.head, visitor))
    return sendPage(request, reply, await folderPage(request, found, found.commit, ''))
  })
  app.get('/:person/:repository/*', async (request, reply) => {
    const found = find(request, reply)
    if (!found) return reply
    const [, , , part = '', ...rest] = (request.raw.visit?.path.path ?? '').split('/')
    const below = rest.join('/').replace(/\/$/, '')
    const { host, repository, head, commit } = found
    const visitor = visitorOf(request, peopleDoor)
    if (part === '' && below === '') return reply.redirect(repositoryPath(head), 302)
    if (part === 'settings' && below === '') return sendSettings(request, reply, found, {})
    if (part === 'commit' && isObjectId(below)) {
      const view = await host.reading.commit(repository.id, below)
      if (!view) throw new JoineryError('NOT_IN_ROOM', 'no such commit')
      return sendPage(request, reply, renderCommitPage(head, view, clock.wallMs(), visitor))
    }
    if (commit === undefined) throw new JoineryError('NOT_IN_ROOM', 'nothing was pushed yet')
    if (part === 'commits' && below === '') {
      const list = await host.reading.commits(repository.id, commit, COMMITS_PER_PAGE + 1)
      const next = list[COMMITS_PER_PAGE]?.id
      const page = { commits: list.slice(0, COMMITS_PER_PAGE), ...(next !== undefined && { next }) }
      return sendPage(request, reply, renderCommitsPage(head, page, clock.wallMs(), visitor))
    }
    if (part === 'raw' && below !== '')
      return await sendRawFile(reply, host.reading, { repository: repository.id, commit, path: below })
    if (part !== 'files' || below === '') throw new JoineryError('NOT_IN_ROOM', 'no such page')
    return sendPage(request, reply, await filesPage(request, found, commit, below))
  })

  async function filesPage(request: FastifyRequest, found: Found, commit: ObjectId, path: string): Promise<string> {
    const { host, repository, head } = found
    const file = await host.reading.file(repository.id, commit, path, MOST_SHOWN_BYTES)
    if (!file) return await folderPage(request, found, commit, path)
    const text = file.sizeBytes > MOST_SHOWN_BYTES ? undefined : textOf(file.bytes)
    const rendered = text !== undefined && MARKDOWN.test(path) ? await markdown(text, head, folderOf(path)) : undefined
    const view = {
      path,
      sizeBytes: file.sizeBytes,
      ...(text === undefined
        ? { why: file.sizeBytes > MOST_SHOWN_BYTES ? ('too-large' as const) : ('binary' as const) }
        : { text }),
      ...(rendered && { rendered })
    }
    return renderFilePage(head, view, visitorOf(request, peopleDoor))
  }

  async function folderPage(request: FastifyRequest, found: Found, commit: ObjectId, path: string): Promise<string> {
    const { host, repository, head } = found
    const folder = await host.reading.folder(repository.id, commit, path)
    if (!folder) throw new JoineryError('NOT_IN_ROOM', 'no such file')
    const name = folder.entries.find((entry) => entry.kind === 'file' && README.test(entry.name))?.name
    const inside = path === '' ? '' : `${path}/`
    const file =
      name === undefined ? undefined : await host.reading.file(repository.id, commit, inside + name, MOST_SHOWN_BYTES)
    const text = file && file.sizeBytes <= MOST_SHOWN_BYTES ? textOf(file.bytes) : undefined
    const body =
      name === undefined || text === undefined
        ? undefined
        : MARKDOWN.test(name)
          ? await markdown(text, head, path)
          : html`<pre class="source" tabindex="0"><code>${text}</code></pre>`
    const view = { path, ...folder, ...(name !== undefined && body && { readme: { name, body } }) }
    return renderFolderPage(head, view, path === '' ? apartBranches(head.branches) : [], visitorOf(request, peopleDoor))
  }

  // Who may push

  const sendSettings = (
    request: FastifyRequest,
    reply: FastifyReply,
    { head, repository }: Found,
    form: { name?: string; problem?: FormProblem },
    status = 200
  ): FastifyReply => {
    if (!personOf(request, peopleDoor))
      return goTo(reply, `/sign-in?next=${encodeURIComponent(`${repositoryPath(head)}/settings`)}`)
    if (!head.mine) throw new JoineryError('NOT_ALLOWED', 'only the owner changes this')
    const { people } = here()
    const collaborators = repository.collaborators.flatMap((id) => people.person(id) ?? [])
    return sendFreshPage(reply, renderSettingsPage(head, collaborators, form, visitorOf(request, peopleDoor)), status)
  }
  const owned = (request: FastifyRequest, reply: FastifyReply): Found | undefined => {
    allowed(request, peopleDoor, 'change-own-repository')
    const found = find(request, reply)
    if (found && !found.head.mine) throw new JoineryError('NOT_ALLOWED', 'only the owner changes this')
    return found
  }
  app.post(
    '/:person/:repository/settings/add-collaborator',
    changesBy('change-own-repository'),
    async (request, reply) => {
      const found = owned(request, reply)
      if (!found) return reply
      const name = formOf(request).get('name') ?? ''
      const person = here().people.named(personNameOf(name) ?? '')
      if (!person) {
        const { language } = visitorOf(request, peopleDoor)
        const problem = { field: 'name', text: repositoryTextsIn(language).problems.nobody }
        return sendSettings(request, reply, found, { name, problem }, 404)
      }
      try {
        if (person.id !== found.owner.id)
          await found.host.directory.setCollaborator(found.repository.id, person.id, true)
      } catch (error) {
        const problem = { ...problemOf(error, visitorOf(request, peopleDoor).language), field: 'name' }
        return sendSettings(request, reply, found, { name, problem }, statusOf(error))
      }
      return goTo(reply, `${repositoryPath(found.head)}/settings`)
    }
  )
  app.post('/:person/:repository/settings/remove', changesBy('change-own-repository'), async (request, reply) => {
    const found = owned(request, reply)
    if (!found) return reply
    if ((formOf(request).get('confirm') ?? '').trim() !== found.repository.name) {
      const { remove } = repositoryTextsIn(visitorOf(request, peopleDoor).language)
      return sendSettings(request, reply, found, { problem: { field: 'confirm', text: remove.notConfirmed } }, 400)
    }
    await found.host.directory.remove(found.repository.id)
    return goTo(reply, `/${found.owner.name}`)
  })
  app.post(
    '/:person/:repository/settings/remove-collaborator',
    changesBy('change-own-repository'),
    async (request, reply) => {
      const found = owned(request, reply)
      if (!found) return reply
      const id = formOf(request).get('person') ?? ''
      if (found.repository.collaborators.includes(id))
        await found.host.directory.setCollaborator(found.repository.id, id, false)
      return goTo(reply, `${repositoryPath(found.head)}/settings`)
    }
  )
}

function idOf(at: string | undefined): ObjectId | undefined {
  return at !== undefined && isObjectId(at) ? at : undefined
}

/** Branches that healing made beside one that is still there. */
function apartBranches(branches: readonly string[]): ApartBranch[] {
  return branches.flatMap((branch) => {
    const base = /^(.+)-from-[a-z0-9-]+$/.exec(branch)?.[1]
    return base !== undefined && branches.includes(base) ? [{ branch, base }] : []
  })
}

/** @returns undefined for what is no text */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

async function markdown(text: string, head: RepositoryHead, folder: string): Promise<Html | undefined> {
  const { MAX_MARKDOWN_CHARACTERS, renderMarkdown } = await import('../../web-client/repositories/markdown.ts')
  if (text.length > MAX_MARKDOWN_CHARACTERS) return undefined
  const below = folder === '' ? '' : `/${encodePath(folder)}`
  const base = repositoryPath(head)
  return renderMarkdown(text, { files: `${base}/files${below}`, raw: `${base}/raw${below}`, query: atQuery(head.at) })
}

function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/')
}

function statusOf(error: unknown): number {
  return error instanceof JoineryError ? error.status : 500
}

function problemOf(error: unknown, language: Language): FormProblem {
  if (!(error instanceof JoineryError)) throw error
  const words = repositoryTextsIn(language).problems
  if (error.code === 'REPOSITORY_NAME_TAKEN') return { field: 'name', text: words.taken }
  if (error.code === 'REPOSITORY_NAME_WRONG') return { field: 'name', text: words.badName }
  if (error.code === 'REPOSITORIES_FULL') return { text: words.full }
  if (error.status >= 500) return { text: words.busy }
  throw error
}
