/** Files that systems leave in folders, and that nobody means to give to a class. */
export function isSystemLeftover(path: string): boolean {
  return /(?:^|\/)(?:\.DS_Store|\._[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*|\.git\/.*|\.svn\/.*)$/i.test(path)
}
