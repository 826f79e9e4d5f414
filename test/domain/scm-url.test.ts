import { describe, expect, it } from 'vitest';
import { isProjectSetting, settingKeys } from '../../src/domain/settings.ts';
import { apiBase, githubPlace, ownWeb, repoAddress, webOf } from '../../src/domain/scm-url.ts';

describe('the address of a repository', () => {
  it.each([
    ['https://github.com/acme/widget', 'github.com', 'acme', 'widget'],
    ['https://github.com/acme/widget.git', 'github.com', 'acme', 'widget'],
    ['https://GitHub.com/acme/wid.get.git/', 'github.com', 'acme', 'wid.get'],
    ['https://www.github.com/acme/widget', 'github.com', 'acme', 'widget'],
    ['https://user:secret@github.com/acme/widget', 'github.com', 'acme', 'widget'],
    ['https://code.example:8443/acme/widget', 'code.example:8443', 'acme', 'widget'],
    ['git@github.com:acme/widget.git', 'github.com', 'acme', 'widget'],
    ['github.com:acme/widget', 'github.com', 'acme', 'widget'],
    ['ssh://git@github.com:22/acme/widget.git', 'github.com', 'acme', 'widget'],
    ['ssh://git@ssh.github.com:443/acme/widget.git', 'github.com', 'acme', 'widget'],
  ])('%s', (url, ...parts) => {
    const found = repoAddress(url);
    expect([found?.host, found?.owner, found?.name]).toEqual(parts);
  });

  it.each([
    '/srv/git/acme/widget.git',
    'file:///srv/git/acme/widget.git',
    '../acme/widget',
    'C:/acme/widget',
    'https://github.com/acme',
    'https://github.com/acme/widget/tree/main',
    'https://github.com/acme/..',
    'https://github.com/-acme/widget',
    'https://github.com/acme/wid%2Fget',
    'https://github.com/acme/wid get',
    'ext::sh -c evil',
    'https://',
    '',
    `https://github.com/acme/${'x'.repeat(3000)}`,
  ])('is not in %j', (url) => expect(repoAddress(url)).toBeUndefined());
});

describe('the server of a repository', () => {
  it.each([
    ['https://github.com/a/b', undefined, 'https://api.github.com', 'https://github.com'],
    ['git@github.com:a/b.git', undefined, 'https://api.github.com', 'https://github.com'],
    ['https://acme.ghe.com/a/b', undefined, 'https://api.acme.ghe.com', 'https://acme.ghe.com'],
    ['https://github.acme.com/a/b', undefined, 'https://github.acme.com/api/v3', 'https://github.acme.com'],
    [
      'https://code.acme.com/a/b',
      'https://code.acme.com/api/v3',
      'https://code.acme.com/api/v3',
      'https://code.acme.com',
    ],
    [
      'git@code.acme.com:a/b',
      'https://code.acme.com:8443/api/v3',
      'https://code.acme.com:8443/api/v3',
      'https://code.acme.com:8443',
    ],
    [
      'https://github.com/a/b',
      'https://code.acme.com/api/v3',
      'https://api.github.com',
      'https://github.com',
    ],
  ])('of %s with the setting %s', (url, setting, ...parts) => {
    const found = githubPlace(url, setting);
    expect([found?.api, found?.web, found?.owner, found?.name]).toEqual([...parts, 'a', 'b']);
  });

  it.each([
    'https://gitlab.com/a/b',
    'https://code.acme.com/a/b',
    'https://github.io/a/b',
    'https://xgithub.com/a/b',
    '/a/b',
  ])('is no GitHub at %s', (url) => expect(githubPlace(url)).toBeUndefined());

  it('is found from its API', () => {
    expect(
      ['https://api.github.com', 'https://api.acme.ghe.com', 'https://x.example/api/v3'].map(webOf),
    ).toEqual(['https://github.com', 'https://acme.ghe.com', 'https://x.example']);
    expect([ownWeb(undefined), ownWeb('https://x.example/api/v3')]).toEqual([
      'https://github.com',
      'https://x.example',
    ]);
  });

  it('gets tokens over https only, or on this machine', () => {
    expect(apiBase('https://x.example/api/v3/')).toBe('https://x.example/api/v3');
    expect(apiBase('http://127.0.0.1:8080/api/v3')).toBe('http://127.0.0.1:8080/api/v3');
    for (const bad of [
      'http://x.example/api/v3',
      'x.example',
      'https://u:p@x.example',
      'https://x.example/?a=b',
      'file:///x',
    ])
      expect(() => apiBase(bad)).toThrow(expect.objectContaining({ code: 'config' }));
  });

  it('is a matter of the user: no repository may say where tokens go', () => {
    const own = settingKeys.filter((key) => key.startsWith('github_'));
    expect(own).toHaveLength(5);
    expect(own.filter(isProjectSetting)).toEqual([]);
  });
});
