import type { Texts } from '../texts.ts'
import { plural } from './plural.ts'

export const pt: Texts = {
  skip: 'Saltar para o conteúdo',
  noRoom: 'Dispositivo novo',
  product: 'Joinery',
  tagline: 'Tudo para esta aula, sem internet.',
  language: 'Idioma',
  navigation: 'Nesta página',
  mainLinks: 'Links principais',
  account: {
    signIn: 'Entrar',
    signUp: 'Criar conta',
    yours: 'a sua conta',
    people: 'Pessoas e seus códigos',
    mustChoose: 'Escolha outro nome, por favor',
    mustChooseExplain: (name) =>
      `Ao mesmo tempo, outra pessoa criou uma conta com o seu nome em outro dispositivo. Nada seu se perdeu; por enquanto o seu nome é ${name}.`,
    chooseName: 'Escolher um nome'
  },
  join: {
    title: 'Participe com o seu nome',
    explain: 'Basta um nome, sem e-mail. Você recebe um código para voltar e um lugar para os seus repositórios.',
    signUp: 'Criar conta',
    signIn: 'Já tenho um código'
  },
  repositories: {
    title: 'Repositórios',
    explain: 'Envie o seu trabalho com git e veja-o aqui, como no GitHub.',
    open: 'Os seus repositórios',
    all: 'Todos os repositórios'
  },
  copy: 'Copiar',
  copied: 'Copiado',
  address: {
    title: 'Abrir esta sala',
    explain: 'Entre no mesmo Wi-Fi e digite este endereço, ou aponte a câmera para o código.',
    qr: (address) => `Código QR de ${address}`,
    also: 'Também em',
    onlyHere: 'Este dispositivo ainda não tem rede: o endereço só funciona nele.'
  },
  notes: {
    title: 'Notas partilhadas',
    explain: 'Escrevam juntos, na mesma página. O que se escreve fica guardado em vários dispositivos.',
    open: 'Abrir as notas'
  },
  lessons: {
    title: 'Lições',
    explain: 'Cópias completas: imagens, dados e links funcionam aqui.',
    count: plural('pt', { one: '# lição', other: '# lições' })
  },
  python: {
    title: 'Pacotes de Python',
    explain: 'Cole isto em um terminal. Escreva no fim o pacote de que precisa.',
    count: plural('pt', { one: '# pacote de Python', other: '# pacotes de Python' }),
    which: 'Que pacotes há?',
    example: 'PACOTE'
  },
  r: {
    title: 'Pacotes de R',
    explain: 'Cole isto no R. Escreva o pacote de que precisa entre as primeiras aspas.',
    count: plural('pt', { one: '# pacote de R', other: '# pacotes de R' }),
    which: 'Que pacotes há?'
  },
  installers: {
    title: 'Programas para instalar',
    explain: 'Baixe o arquivo e abra-o. O que serve para o seu computador vem primeiro.',
    count: plural('pt', { one: '# programa', other: '# programas' }),
    yours: 'o seu computador',
    systems: { windows: 'Windows', macos: 'macOS', linux: 'Linux', other: 'Outros sistemas' }
  },
  more: plural('pt', { one: 'e mais #', other: 'e mais #' }),
  empty: {
    title: 'Ainda não há nada aqui',
    explain: 'A sala está pronta. Assim que a pasta da oficina for trazida, ela aparece nesta página.',
    how: 'Para quem facilita: neste dispositivo, digite'
  },
  asking: {
    title: 'Este dispositivo pede para entrar',
    explain: 'Quem facilita a sala compara este código com o do outro dispositivo e aprova lá.',
    several:
      'Cada dispositivo da sala tem o seu próprio código. Quem facilita a sala compara o do dispositivo à sua frente com estes e aprova lá.',
    code: 'Código',
    wait: 'Procurando uma sala próxima…'
  },
  devicesServe: plural('pt', { one: '# dispositivo serve esta sala', other: '# dispositivos servem esta sala' }),
  facilitatorPage: 'Dispositivos e cópias',
  firstPage: 'O que há aqui',
  devices: {
    title: 'Dispositivos',
    explain: 'Cada dispositivo guarda cópias dos arquivos. Desligue um só quando ele disser que é seguro.',
    thisDevice: 'este dispositivo',
    roles: { node: 'Dispositivo da sala', laptop: 'Portátil', cloud: 'Nuvem' },
    connected: 'Conectado',
    away: 'Ausente',
    disk: 'Disco',
    diskUsed: (used, capacity) => `${used} de ${capacity}`,
    copies: 'Cópias',
    copiesHeld: (held, wanted) => `${held} de ${wanted} arquivos`,
    copying: (size) => `faltam ${size} por copiar`,
    remaining: (time) => `tempo restante: cerca de ${time}`,
    complete: 'Tudo copiado',
    safe: 'Pode ser desligado',
    notSafe: 'Ainda não desligar',
    leaving: 'Passando os seus arquivos a outros',
    needsUpdate: 'Precisa de atualização',
    open: 'Abrir a página dele'
  },
  waiting: {
    title: 'À espera de entrar',
    explain: 'Compare o código com o que o outro dispositivo mostra. Só se forem iguais, digite a linha.',
    code: 'Código',
    noCode: 'Aguardando o código…',
    approve: 'Para deixá-lo entrar'
  },
  wanted: {
    csv: 'Como tabela (CSV)',
    json: 'Como JSON',
    title: 'Pedido e em falta',
    explain: 'Traga na próxima vez: alguém quis instalar.',
    times: plural('pt', { one: '# vez', other: '# vezes' })
  },
  neighbours: {
    title: 'Outras salas próximas',
    explain: 'Estão na mesma rede e ficam separadas desta.',
    unnamed: 'Sala sem nome',
    devices: plural('pt', { one: '# dispositivo', other: '# dispositivos' })
  },
  turn: {
    title: 'O seu download espera a vez',
    next: 'É o próximo.',
    before: plural('pt', { one: 'Há # download antes.', other: 'Há # downloads antes.' }),
    soon: 'Falta menos de um minuto.',
    minutes: plural('pt', { one: 'Falta cerca de # minuto.', other: 'Faltam cerca de # minutos.' }),
    explain:
      'Outras pessoas estão a fazer downloads agora. Deixe esta página aberta: o download começa sozinho e guarda o lugar.'
  },
  errorTitle: (status) =>
    status === 404
      ? 'Isto não está na sala'
      : status === 421
        ? 'Este dispositivo tem outro endereço'
        : status === 503 || status === 504
          ? 'O dispositivo está ocupado'
          : status >= 500
            ? 'Algo falhou neste dispositivo'
            : 'Este pedido não foi entendido',
  errorNext: (status) =>
    status === 404
      ? 'Veja na primeira página o que há, ou peça que seja adicionado.'
      : status === 421
        ? 'Digite o endereço, com os números, que lhe mostram na aula.'
        : status >= 500
          ? 'Espere um momento e tente de novo. Se continuar, avise na aula.'
          : 'Volte à primeira página e siga um link de lá.'
}
