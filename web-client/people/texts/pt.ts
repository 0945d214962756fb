import { plural } from '../../texts/plural.ts'
import type { PeopleTexts } from '../texts.ts'

export const pt: PeopleTexts = {
  signUp: {
    title: 'Criar conta',
    tagline: 'Basta um nome: sem e-mail nem senha.',
    name: 'O seu nome',
    nameHint: 'Como as pessoas desta turma conhecem você, por exemplo Ana María.',
    make: 'Criar conta',
    haveCode: 'Já tenho um código'
  },
  address: {
    label: 'O seu nome nos endereços',
    hint: 'Letras de a a z, algarismos e hífens, por exemplo ana-maria. Com ele você entra e usa o git.'
  },
  signIn: {
    title: 'Entrar',
    name: 'Nome',
    code: 'Código',
    codeHint: 'Três grupos de quatro. Maiúsculas, espaços e hífens não importam.',
    enter: 'Entrar',
    noAccount: 'Ainda não tenho conta',
    lost: 'Perdeu o código? Quem conduz a turma pode dar outro.'
  },
  signOut: {
    title: 'Sair',
    explain: 'O seu trabalho fica. Para voltar você precisa do nome e do código.',
    button: 'Sair'
  },
  code: {
    title: 'Anote isto',
    explain:
      'Com este nome e este código você volta, em qualquer dispositivo da sala. Eles não serão mostrados de novo.',
    name: 'Nome',
    code: 'Código',
    git: 'Quando o git pedir usuário e senha, digite estes dois.',
    noted: 'Já anotei'
  },
  me: {
    title: 'A sua conta',
    role: { learner: 'Participante', helper: 'Ajudante', facilitator: 'Facilitador ou facilitadora' },
    repositories: 'Os seus repositórios'
  },
  naming: { title: 'O seu nome', shown: 'Nome que os outros veem', save: 'Guardar' },
  sessions: {
    title: 'Onde você entrou',
    count: plural('pt', { one: 'Em # navegador: este.', other: 'Em # navegadores, contando este.' }),
    endOthers: 'Sair em todos os outros'
  },
  newCode: {
    title: 'Código novo',
    explain: 'O código antigo deixa de funcionar, também no git, e a conta sai em todos os outros navegadores.',
    button: 'Quero um código novo'
  },
  remove: {
    title: 'Apagar a minha conta',
    explain:
      'A sua conta e os seus repositórios desaparecem para sempre de todos os dispositivos. O que você escreveu nas notas partilhadas fica.',
    confirm: (name) => `Para confirmar, digite o seu nome: ${name}`,
    button: 'Apagar a minha conta'
  },
  done: 'Guardado.',
  people: {
    title: 'Pessoas',
    explain: 'Todos os que têm conta nesta sala.',
    account: 'Conta',
    newCode: 'Código novo',
    codeFor: (name) => `Entregue isto a ${name}`,
    noted: 'Pronto',
    role: 'Papel',
    changeRole: 'Mudar',
    remove: 'Remover',
    add: 'Adicionar',
    addTitle: 'Adicionar alguém',
    names: 'Nomes',
    namesHint: 'Um em cada linha, ou só um número como 30. Com vários, você recebe cartões para imprimir.'
  },
  signUpState: {
    title: 'Cadastro',
    open: 'Aberto: quem chega à sala pode criar uma conta.',
    closed: 'Fechado: só se entra com um cartão seu. Quem já tem conta entra como antes.',
    close: 'Fechar o cadastro',
    reopen: 'Abrir de novo'
  },
  unused: {
    title: 'Contas sem uso',
    explain: 'Estudantes sem repositório, chave, nota colorida ou página aberta. O que escreveram nas anotações fica.',
    once: plural('pt', {
      one: '# se cadastrou e não fez mais nada',
      other: '# se cadastraram e não fizeram mais nada'
    }),
    cards: plural('pt', {
      one: '# com um cartão que ninguém usou',
      other: '# com cartões que ninguém usou'
    }),
    again: plural('pt', {
      one: '# entrou mais de uma vez e não criou nada',
      other: '# entraram mais de uma vez e não criaram nada'
    }),
    names: 'Quem são',
    remove: 'Remover essas contas',
    removing: plural('pt', { one: '# conta está sendo removida.', other: '# contas estão sendo removidas.' }),
    none: 'Não há nenhuma.'
  },
  cards: {
    title: 'Cartões',
    explain: 'Imprima e recorte: oito por página. Ninguém poderá ver os códigos de novo.',
    count: plural('pt', { one: '# cartão', other: '# cartões' }),
    done: 'Pronto: esquecer os códigos'
  },
  wifi: {
    title: 'O Wi-Fi nos cartões',
    explain: 'Com ele, um telefone entra na rede pela câmara. É impresso em cada cartão; na rede nada muda.',
    name: 'Nome da rede',
    password: 'Senha',
    open: 'Deixe vazia se a rede é aberta.',
    step: 'Entre no Wi-Fi',
    badName: 'Isto não pode ser o nome de uma rede: tem no máximo 32 letras.',
    badPassword: 'Uma senha tem de 8 a 63 caracteres. Deixe vazia se a rede é aberta.'
  },
  problems: {
    wrong: 'O nome e o código não combinam. Confira os dois, letra por letra.',
    tooMany: 'Tentativas demais. Espere um minuto e tente de novo com calma.',
    busy: 'Muitas pessoas estão entrando agora. Espere um momento e tente de novo.',
    taken: (free) => `Alguém já tem este nome. ${free} está livre.`,
    noLetters:
      'Os endereços precisam de pelo menos uma letra de a a z ou um algarismo. Escreva abaixo o seu nome assim.',
    reserved: 'É o nome de uma página da sala. Escolha outro.',
    full: 'A sala não tem lugar para mais contas. Pergunte a quem conduz a turma.',
    closed: 'O cadastro está fechado nesta sala. Peça a quem facilita um cartão com um nome e um código.',
    lastFacilitator: 'Você é a única pessoa que conduz a sala. Primeiro dê esse papel a outra.',
    namesUsedUp: 'O seu nome não pode ser mudado mais vezes.',
    notConfirmed: 'O nome não é o mesmo. Nada foi apagado.',
    notAdded: (names) =>
      `Estes não foram adicionados, porque alguém já tem o nome ou ele não pode ser um nome: ${names}`,
    tooManyNames: (most) => `No máximo ${most} nomes de uma vez.`,
    failed: 'Não funcionou. Espere um momento e tente de novo.'
  }
}
