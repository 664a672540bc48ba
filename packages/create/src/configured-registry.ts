import { spawnSync } from 'node:child_process'

/** Where npm gets the packages of a scope here, when somebody has said so. */
export function configuredRegistry(scope: string): string | undefined {
  // npm tells the programs that it starts which file it is.
  const cli = process.env['npm_execpath']
  const key = `${scope}:registry`
  const { stdout } =
    cli !== undefined && /npm-cli\.[cm]?js$/.test(cli)
      ? spawnSync(process.execPath, [cli, 'config', 'get', key], { encoding: 'utf8' })
      : spawnSync('npm', ['config', 'get', key], { encoding: 'utf8', shell: process.platform === 'win32' })
  const found = stdout?.trim()
  return found && found !== 'undefined' ? found : undefined
}
