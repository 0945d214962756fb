import type { DeviceOverview, RoomOverview } from '../../protocols/room-overview.ts'

const GB = 1e9

function device(name: string, more: Partial<DeviceOverview> = {}): DeviceOverview {
  return {
    id: `12D3KooWQ1bNFgKk8sXy7oK2pHq4vZ3mT9wR5cJ6dLfAhE${name.replace(/\W/g, '').padEnd(6, 'x').slice(0, 6)}`,
    name,
    role: 'node',
    self: false,
    connected: true,
    capacityBytes: 32 * GB,
    usedBytes: 11.2 * GB,
    heldFiles: 1834,
    wantedFiles: 1834,
    missingBytes: 0,
    safeToUnplug: true,
    leaving: false,
    needsUpdate: false,
    ...more
  }
}

/** A room as a facilitator has it in the middle of a workshop: everything that the pages can show occurs once. */
export const sampleRoom: RoomOverview = {
  room: { id: 'mfrggzdfmztwq2lknnwg23tpobyxe43u', name: 'Library workshop' },
  devices: [
    device('pi-front', { self: true, address: 'http://192.168.1.20:8080/' }),
    device('pi-window', {
      address: 'http://192.168.1.21:8080/',
      heldFiles: 1210,
      missingBytes: 3.4 * GB,
      safeToUnplug: false,
      unplugReason: '12 files are only on this device.',
      usedBytes: 7.8 * GB
    }),
    device('pi-back', { connected: false, safeToUnplug: false, unplugReason: 'It has not been heard of for a while.' }),
    device('Amina’s laptop', { role: 'laptop', leaving: true, needsUpdate: true, address: 'http://192.168.1.35:8080/' })
  ],
  wanted: [
    { collection: 'pypi', name: 'torch', target: 'cp312 linux aarch64', count: 7 },
    { collection: 'cran', name: '<b>sf</b>', count: 1 }
  ],
  neighbours: [
    { roomId: 'orsxg5bamrqxiylqojxxi33u', name: 'Room 2, statistics', devices: 3 },
    { roomId: 'krugs4zanfzsaylomq', devices: 1 }
  ],
  waiting: [
    { id: '12D3KooWQ1bNFgKk8sXy7oK2pHq4vZ3mT9wR5cJ6dLfAhEzzzzzz', name: 'pi-spare', code: '402771' },
    { id: '12D3KooWQ1bNFgKk8sXy7oK2pHq4vZ3mT9wR5cJ6dLfAhEyyyyyy', name: 'pi-new' }
  ],
  contents: {
    lessons: [
      {
        name: 'git-novice',
        title: 'Version Control with Git',
        href: '/lessons/git-novice/',
        sizeBytes: 14_200_000,
        language: 'en'
      },
      {
        name: 'git-novice-es',
        title: 'El Control de Versiones con Git',
        href: '/lessons/git-novice-es/',
        sizeBytes: 12_800_000,
        language: 'es'
      },
      {
        name: 'shell-novice',
        title: 'The Unix Shell',
        href: '/lessons/shell-novice/',
        sizeBytes: 9_700_000,
        language: 'en'
      },
      {
        name: 'r-novice-gapminder',
        title: 'R for Reproducible Scientific Analysis',
        href: '/lessons/r-novice-gapminder/',
        sizeBytes: 41_000_000,
        language: 'en'
      },
      {
        name: 'python-novice-inflammation',
        title: 'Programming with Python',
        href: '/lessons/python-novice-inflammation/',
        sizeBytes: 22_400_000,
        language: 'en'
      }
    ],
    python: {
      count: 142,
      sizeBytes: 3.1 * GB,
      names: [
        'numpy',
        'pandas',
        'matplotlib',
        'scipy',
        'jupyterlab',
        'seaborn',
        'notebook',
        'ipywidgets',
        'requests',
        'pillow',
        'python-dateutil',
        'typing-extensions'
      ]
    },
    r: {
      count: 318,
      sizeBytes: 1.9 * GB,
      names: ['dplyr', 'ggplot2', 'tidyr', 'readr', 'tidyverse', 'RSQLite', 'knitr', 'rmarkdown']
    },
    installers: [
      {
        name: 'R',
        version: '4.4.1',
        system: 'windows',
        architecture: 'x86_64',
        href: '/installers/R/R-4.4.1-win.exe',
        sizeBytes: 86_000_000
      },
      {
        name: 'RStudio',
        version: '2024.04.2',
        system: 'windows',
        architecture: 'x86_64',
        href: '/installers/rstudio/RStudio-2024.04.2-764.exe',
        sizeBytes: 263_000_000
      },
      {
        name: 'Python',
        version: '3.12.4',
        system: 'windows',
        architecture: 'x86_64',
        href: '/installers/python/python-3.12.4-amd64.exe',
        sizeBytes: 26_700_000
      },
      {
        name: 'R',
        version: '4.4.1',
        system: 'macos',
        architecture: 'arm64',
        href: '/installers/R/R-4.4.1-arm64.pkg',
        sizeBytes: 99_000_000
      },
      {
        name: 'RStudio',
        version: '2024.04.2',
        system: 'macos',
        href: '/installers/rstudio/RStudio-2024.04.2-764.dmg',
        sizeBytes: 587_000_000
      },
      {
        name: 'RStudio',
        version: '2024.04.2',
        system: 'linux',
        architecture: 'x86_64',
        href: '/installers/rstudio/rstudio-2024.04.2-764-amd64.deb',
        sizeBytes: 194_000_000
      }
    ]
  }
}

export const emptyRoom: RoomOverview = {
  room: { id: 'mfrggzdfmztwq2lknnwg23tpobyxe43u', name: 'Library workshop' },
  devices: [
    device('pi-front', {
      self: true,
      heldFiles: 0,
      wantedFiles: 0,
      usedBytes: 0,
      safeToUnplug: false,
      unplugReason: 'It is the only device.'
    })
  ],
  neighbours: [],
  waiting: [],
  contents: {
    lessons: [],
    python: { count: 0, sizeBytes: 0, names: [] },
    r: { count: 0, sizeBytes: 0, names: [] },
    installers: []
  },
  wanted: []
}
