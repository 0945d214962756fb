import { plural } from '../../texts/plural.ts'
import type { RepositoryTexts } from '../texts.ts'

export const pt: RepositoryTexts = {
  all: {
    title: 'Repositórios',
    explain: 'Trabalho que as pessoas desta sala guardam com git.',
    none: 'Ainda não há repositórios.'
  },
  ofPerson: {
    none: 'Ainda não há repositórios.',
    noneOfYours: 'Você ainda não tem repositórios. Crie um e envie o seu trabalho.'
  },
  create: {
    title: 'Repositório novo',
    explain: 'Começa vazio: o que você enviar será o seu conteúdo.',
    name: 'Nome do repositório',
    nameHint: 'Letras, algarismos, hífens, pontos e sublinhados, por exemplo receitas.',
    button: 'Criar o repositório',
    another: 'Repositório novo'
  },
  parts: { label: 'Partes do repositório', files: 'Arquivos', commits: 'Commits', settings: 'Ajustes' },
  clone: {
    title: 'Endereço para o git',
    explain: 'Use este endereço para clonar o repositório ou para o adicionar como remoto.',
    signIn: 'Quando você envia, o git pede o seu nome e o seu código.'
  },
  setup: {
    title: 'Primeiros passos',
    explain: 'O repositório está vazio. Escolha o que serve e digite no terminal.',
    create: '…ou crie um repositório novo na linha de comando',
    push: '…ou envie um repositório que já existe pela linha de comando',
    clone: 'Pegue uma cópia vazia e comece nela'
  },
  branches: 'Ramos',
  files: {
    name: 'Nome',
    parent: 'Subir para a pasta anterior',
    empty: 'Esta pasta está vazia.',
    folder: 'pasta',
    link: 'ligação',
    submodule: 'outro repositório',
    raw: 'O arquivo como é',
    binary: 'Este arquivo não é texto: não pode ser mostrado aqui.',
    tooLarge: 'Este arquivo é grande demais para ser mostrado aqui.'
  },
  commits: {
    title: 'Commits',
    count: plural('pt', { one: '# commit', other: '# commits' }),
    none: 'Ainda não há commits.',
    older: 'Commits mais antigos',
    by: (name) => `de ${name}`,
    browse: 'Arquivos neste ponto',
    parents: 'Anteriores',
    id: 'Commit'
  },
  diff: {
    title: 'Mudanças',
    files: plural('pt', { one: '# arquivo mudado', other: '# arquivos mudados' }),
    binary: 'Não é texto: a mudança não pode ser mostrada.',
    cut: 'Há mais do que cabe aqui. Use o git para ver tudo.',
    renamed: (from) => `antes ${from}`,
    added: 'acrescentadas',
    removed: 'retiradas'
  },
  apart: {
    title: 'Duas versões se juntaram',
    explain: (branch, base) =>
      `Enquanto dispositivos não se viam, ${base} recebeu commits dos dois lados. Nada se perdeu: os outros estão no ramo ${branch}.`,
    how: 'Para os juntar, digite'
  },
  collaborators: {
    title: 'Quem pode enviar',
    explain: 'Adicione pessoas pelo nome. Elas podem enviar logo.',
    none: 'Só você.',
    name: 'Nome',
    add: 'Adicionar',
    remove: (name) => `Remover ${name}`,
    owner: 'dono ou dona'
  },
  remove: {
    title: 'Apagar este repositório',
    explain: 'Ele desaparece para sempre de todos os dispositivos. As cópias que as pessoas clonaram continuam delas.',
    confirm: (name) => `Para confirmar, digite o nome: ${name}`,
    button: 'Apagar o repositório',
    notConfirmed: 'O nome não é o mesmo. Nada foi apagado.'
  },
  problems: {
    taken: 'Você já tem um repositório com este nome.',
    badName: 'Use só letras, algarismos, hífens, pontos e sublinhados, no máximo 64, e sem .git no fim.',
    full: 'Não há lugar para mais repositórios. Remova um ou pergunte a quem conduz a turma.',
    nobody: 'Ninguém nesta sala tem este nome.',
    busy: 'O dispositivo está ocupado. Espere um momento e tente de novo.'
  }
}
