import { plural } from '../../texts/plural.ts'
import type { TakeHomeTexts } from '../texts.ts'

export const pt: TakeHomeTexts = {
  title: 'Para levar para casa',
  tagline: 'Arquivos ZIP para o seu computador. Não precisam desta sala nem da internet.',
  download: 'Baixar',
  common: {
    title: 'Lições e notas partilhadas',
    explain: 'As lições como páginas web, as notas como texto.',
    lessons: plural('pt', { one: '# arquivo de lições', other: '# arquivos de lições' }),
    notes: plural('pt', { one: '# nota', other: '# notas' })
  },
  mine: {
    title: 'Os seus repositórios',
    explain: 'Os arquivos como estão agora, e tudo com a sua história, pronto para o git.',
    signIn: 'Entre para levar os seus repositórios.',
    repositories: plural('pt', { one: '# repositório', other: '# repositórios' })
  },
  leave: {
    title: 'Antes de sair',
    explain:
      'Se configurou o seu computador para esta sala, desfaça: senão o pip, o R e o git vão procurar a sala em sua casa.',
    undo: 'Desfazer a configuração',
    remove: 'Apagar a minha conta'
  },
  wholeClass: {
    title: 'A turma toda',
    explain:
      'Todas as notas, todos os repositórios e a lista de pessoas num arquivo. Pode ter trabalho privado: guarde-o bem.',
    people: plural('pt', { one: '# pessoa', other: '# pessoas' })
  },
  newClass: {
    title: 'Começar uma turma nova',
    explain:
      'As notas, os repositórios e as contas de quem aprende e de quem ajuda saem de todos os dispositivos da sala, também dos que estão desligados. Os dispositivos, as lições, os pacotes, os ajustes e as contas de quem facilita ficam.',
    first: 'Primeiro baixe a turma toda, até ao fim. Depois o botão aparece aqui.',
    confirm: (word) => `Para confirmar, escreva: ${word}`,
    word: 'turma nova',
    button: 'Começar uma turma nova',
    notConfirmed: 'As palavras não são as mesmas. Nada foi apagado.',
    changed: 'Alguém trabalhou depois do download. Nada foi apagado: peça a todos que parem e baixe a turma outra vez.',
    failed: 'Não se conseguiu fazer até ao fim. Baixe a turma outra vez e repita.',
    done: 'A sala está pronta para a próxima turma.'
  }
}
