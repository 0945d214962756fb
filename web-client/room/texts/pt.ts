import { plural } from '../../texts/plural.ts'
import type { RoomTexts } from '../texts.ts'

export const pt: RoomTexts = {
  live: 'Ao vivo',
  notLive: 'Sem ligação neste momento: era assim há instantes.',
  warnings: {
    title: 'Para verificar',
    allWell: 'Está tudo bem.',
    of: ({ code, device = '', person = '', collection = '', count = 0 }) => {
      switch (code) {
        case 'UNREACHABLE':
          return {
            text: `Nenhum dispositivo alcança ${device}.`,
            next: 'Verifique a energia e o cabo ou Wi-Fi. Se não voltar mais, remova-o.'
          }
        case 'UNDER_VOLTAGE':
          return {
            text: `${device} recebe pouca energia.`,
            next: 'Use a fonte dele e um cabo curto, e retire outras coisas do USB.'
          }
        case 'TOO_HOT':
          return {
            text: `${device} está quente demais e fica lento.`,
            next: 'Dê-lhe ar: fora da caixa e longe do sol.'
          }
        case 'DISK_NEARLY_FULL':
          return {
            text: `O disco de ${device} está quase cheio.`,
            next: 'Use um cartão maior ou retire o que ninguém precisa.'
          }
        case 'DISK_FAILED':
          return {
            text: `O disco de ${device} não conseguiu gravar.`,
            next: 'Reinicie-o; se acontecer de novo, troque o cartão.'
          }
        case 'CLOCK_WRONG':
          return {
            text: `O relógio de ${device} não está certo.`,
            next: 'Nada se estraga. Acerte o relógio da sala abaixo.'
          }
        case 'CLOCK_DIFFERS':
          return {
            text: `${device} mostra outra hora que este dispositivo.`,
            next: 'Nada se estraga. Acerte o relógio da sala abaixo.'
          }
        case 'MULTICAST_BLOCKED':
          return {
            text: `A rede de ${device} impede que os dispositivos se encontrem (mDNS).`,
            next: 'Os que já se conhecem continuam. Inicie um novo com `--static ENDEREÇO` ou com um convite.'
          }
        case 'CLIENT_ISOLATION':
          return {
            text: `A rede de ${device} separa os dispositivos (isolamento de clientes).`,
            next: 'Desligue isso no roteador ou ligue os dispositivos por cabo.'
          }
        case 'FIREWALL_HERE':
        case 'FIREWALL_THERE':
          return {
            text: `Um firewall atrapalha ${device}.`,
            next: 'Permita o Joinery no firewall; `joinery doctor` diz a porta.'
          }
        case 'NO_NETWORK':
          return { text: `${device} está sem rede.`, next: 'Ligue um cabo ou entre em um Wi-Fi.' }
        case 'CARD_COPIED':
          return {
            text: `O cartão de ${device} foi copiado: dois dispositivos têm a chave dele.`,
            next: 'Desligue a cópia e apague a pasta de dados dela.'
          }
        case 'CODE_RECOVERED':
          return {
            text: `O código de ${person} foi renovado a partir do cartão de ${device}.`,
            next: `Se foi você: peça outro código na página da sua conta, pois este está escrito no cartão. Se não foi você: diga na página do dispositivo que foi roubado e dê um código novo a ${person}.`
          }
        case 'UPDATE_NEEDED':
          return {
            text: `${device} precisa de uma atualização.`,
            next: 'Até lá ele serve, mas não admite ninguém nem apaga nada.'
          }
        case 'RADIO_FULL':
          return {
            text: `O Wi-Fi de ${device} não aceita mais pessoas.`,
            next: 'Quem chegar deve usar outro dispositivo, ou acrescente um.'
          }
        case 'REPOSITORY_UNTIDY':
          return {
            text: `Um repositório em ${device} não pode ser arrumado.`,
            next: 'Funciona, mas cada push ocupa mais disco. `joinery doctor` nele diz qual é.'
          }
        case 'VERSIONS_DIFFER':
          return {
            text: 'Os dispositivos têm versões diferentes do programa.',
            next: 'Funcionam juntos. Atualize-os depois da aula.'
          }
        case 'ONE_COPY':
          return {
            text: `${filesOf(count)} de ${collection} em um só dispositivo.`,
            next: 'Espere a cópia antes de desligar qualquer coisa.'
          }
        case 'ONE_DEVICE':
          return {
            text: 'Está tudo em um só dispositivo.',
            next: 'Acrescente outro: assim nada se perde se um falhar.'
          }
        default:
          return { text: `Algo está errado com ${device} (${code}).`, next: 'Execute `joinery doctor` nele.' }
      }
    }
  },
  signals: {
    title: 'Quem precisa de ajuda',
    counts: (red, hands, green, learners) =>
      `${red} pedem ajuda · ${hands} mãos levantadas · ${green} prontos · ${learners} alunos`,
    none: 'Ninguém mostra uma nota nem a mão.',
    red: 'precisa de ajuda',
    green: 'pronto',
    hand: 'mão levantada',
    since: (time) => `há ${time}`,
    allDown: 'Baixar tudo',
    allDownExplain: 'Retira todas as notas e mãos, em todos os dispositivos.'
  },
  map: {
    title: 'Quem vê quem',
    explain: 'As linhas são ligações: grossa = rápida, tracejada = lenta.',
    summary: (devices, links) => `${devices} dispositivos, ${links} ligações`,
    link: (a, b, speed) => `${a} – ${b}${speed === '' ? '' : `: ${speed}`}`,
    roundTrip: (ms) => `${ms} ms`
  },
  figures: {
    more: 'Mais',
    board: 'Placa',
    version: 'Versão',
    uptime: 'Em funcionamento há',
    load: 'Carga',
    memory: 'Memória',
    free: (free, all) => `${free} de ${all} livres`,
    temperature: 'Temperatura',
    clients: 'No Wi-Fi dele',
    ofMost: (now, most) => `${now} de ${most}`,
    sees: 'Vê',
    nobody: 'ninguém',
    rate: (size) => `${size} por segundo`,
    noFigures: 'Ele não disse como está.',
    hour: 'Última hora',
    hourLoad: 'Carga',
    hourMemory: 'Memória',
    hourSent: 'Servido',
    now: 'agora',
    hourAgo: 'há uma hora',
    most: (value) => `máximo: ${value}`,
    values: 'Valores da última hora',
    when: 'Há (min)',
    andMore: (wanted, more) => `${wanted} dos seus arquivos, e mais ${more}`
  },
  collections: {
    title: 'Coleções e suas cópias',
    explain: 'Qual dispositivo guarda quanto. Um arquivo com uma só cópia perde-se com o dispositivo.',
    name: 'Coleção',
    size: 'Tamanho',
    files: plural('pt', { one: '# arquivo', other: '# arquivos' }),
    copies: 'Cópias',
    fewest: plural('pt', { one: 'pelo menos # cópia', other: 'pelo menos # cópias' }),
    single: plural('pt', { one: '# arquivo com uma só cópia', other: '# arquivos com uma só cópia' }),
    where: 'Onde',
    all: 'tudo',
    versions: 'Versões'
  },
  clock: {
    title: 'Relógio da sala',
    shows: (time) => `A sala mostra ${time}.`,
    explain:
      'Dispositivos sem bateria esquecem a hora. Este computador pode informá-la; o relógio só avança, e só dependem dele as datas mostradas.',
    isSet: 'Acertado por um computador.',
    isNotSet: 'Ainda não acertado.',
    set: 'Acertar pela hora deste computador',
    setByHand: 'Hora (UTC), como 2026-11-24 13:30',
    notForward: 'O relógio da sala já está adiante. Verifique o relógio deste computador.',
    wrong: 'Isso não é uma hora.'
  },
  actions: {
    title: 'Alterar este dispositivo',
    name: 'Nome',
    rename: 'Mudar o nome',
    moveOff: 'Retirar os arquivos',
    moveOffExplain: 'Os outros copiam o que ele guarda. Quando disser que é seguro, desligue-o.',
    keep: 'Continuar a usá-lo',
    remove: 'Remover da sala',
    removeExplain: 'Só pode voltar como dispositivo novo. O que ele escreveu fica.',
    stolen: 'Foi roubado',
    stolenExplain: 'Remove-o, cria chaves novas e anula os convites que ele conhecia.',
    confirm: (name) => `Digite ${name} para confirmar`,
    notConfirmed: 'O nome não era o mesmo: nada mudou.',
    approve: 'Os códigos são iguais: deixar entrar',
    decline: 'São diferentes: recusar',
    done: 'Feito.'
  },
  content: {
    title: 'Acrescentar conteúdo',
    explain: 'Um arquivo ou um ZIP de uma pasta. O que é vê-se pelo que contém.',
    file: 'Arquivo',
    collection: 'Colocar em',
    auto: 'Deixar o Joinery decidir',
    unpack: 'É um arquivo ZIP: acrescentar o que contém',
    upload: 'Acrescentar',
    running: 'Acrescentando…',
    sticks: 'Pen drives ligados',
    addStick: 'Acrescentar o que contém',
    folders: 'Pastas deste dispositivo',
    addFolder: 'Acrescentar esta pasta',
    foldersProblem: (code) =>
      `Não é possível ler a pasta de oficinas (${code}). Quem cuida deste dispositivo deve permitir que o programa a leia, ou indicar outra nas configurações (workshopFolder).`,
    added: 'Acrescentado:',
    refused: plural('pt', { one: '# arquivo ficou de fora', other: '# arquivos ficaram de fora' }),
    failed: 'Não funcionou:',
    versionsOf: (name) => `Versões de ${name}`,
    version: 'Versão',
    from: 'Feita em',
    current: 'atual',
    rollback: 'Voltar a esta',
    back: 'Voltar à sala'
  },
  ready: {
    title: 'Pronto para a aula?',
    explain: 'Experimenta tudo como um aluno, por cada dispositivo: pip, R, uma lição, uma nota, git.',
    start: 'Verificar agora',
    running: 'Verificando… Esta página acompanha sozinha.',
    none: 'Não verificado desde que este dispositivo foi ligado.',
    good: 'Pronto: tudo funcionou por cada dispositivo.',
    bad: 'Nem tudo funcionou.',
    device: 'Dispositivo',
    steps: { pip: 'pip', r: 'R', lesson: 'Lição', note: 'Nota', git: 'git' },
    ok: 'funciona',
    failed: 'não funciona',
    missing: 'nada aqui para experimentar',
    print: 'Imprima esta página para suas anotações.'
  },
  agoMinutes: plural('pt', { one: '# minuto', other: '# minutos' })
}

function filesOf(count: number): string {
  return count === 1 ? '1 arquivo' : `${count} arquivos`
}
