/** Every text of the repositories' pages, one file per language in `texts/`. The compiler finds a missing one. */
import type { Language } from '../languages.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'
import { fr } from './texts/fr.ts'
import { pt } from './texts/pt.ts'

export interface RepositoryTexts {
  all: { title: string; explain: string; none: string }
  ofPerson: { none: string; noneOfYours: string }
  create: { title: string; explain: string; name: string; nameHint: string; button: string; another: string }
  parts: { label: string; files: string; commits: string; settings: string }
  clone: { title: string; explain: string; signIn: string }
  setup: { title: string; explain: string; create: string; push: string; clone: string }
  branches: string
  files: {
    name: string
    parent: string
    empty: string
    folder: string
    link: string
    submodule: string
    raw: string
    binary: string
    tooLarge: string
  }
  commits: {
    title: string
    count(count: number): string
    none: string
    older: string
    by(name: string): string
    browse: string
    parents: string
    id: string
  }
  diff: {
    title: string
    files(count: number): string
    binary: string
    cut: string
    renamed(from: string): string
    added: string
    removed: string
  }
  apart: { title: string; explain(branch: string, base: string): string; how: string }
  collaborators: {
    title: string
    explain: string
    none: string
    name: string
    add: string
    remove(name: string): string
    owner: string
  }
  remove: { title: string; explain: string; confirm(name: string): string; button: string; notConfirmed: string }
  problems: { taken: string; badName: string; full: string; nobody: string; busy: string }
}

const ALL: Readonly<Record<Language, RepositoryTexts>> = { en, es, fr, pt }

export function repositoryTextsIn(language: Language): RepositoryTexts {
  return ALL[language]
}
