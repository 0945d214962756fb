/** As the directory of repositories allows; it decides, the form only helps. */
export const MAX_REPOSITORY_NAME_CHARACTERS = 64
