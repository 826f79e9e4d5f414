/** One way to carry connections of 127.0.0.1:PORT to `gate.sock` in the working folder. `$1` is the port. */
export interface RelayProgram {
  readonly name: string;
  /** sh: becomes the relay. */
  readonly serve: string;
  /** sh: exit 0 when a gate answers at the port. */
  readonly probe: string;
}

const HEALTH = 'GET /_ralph/health HTTP/1.0\\r\\n\\r\\n';
const ALIVE = 'HTTP/1.1 200';

const NODE_SERVE = `const n = require('net');
n.createServer({ allowHalfOpen: true }, (c) => {
  const s = n.connect({ path: 'gate.sock', allowHalfOpen: true });
  c.pipe(s); s.pipe(c);
  c.on('error', () => s.destroy()).on('close', () => s.destroy());
  s.on('error', () => c.destroy()).on('close', () => c.end());
}).listen(+process.argv[1], '127.0.0.1');`;
const NODE_PROBE = `const c = require('net').connect(+process.argv[1], '127.0.0.1', () => c.write('${HEALTH}'));
c.setTimeout(3000, () => process.exit(1)).on('error', () => process.exit(1));
c.once('data', (d) => process.exit(String(d).startsWith('${ALIVE}') ? 0 : 1)).on('end', () => process.exit(1));`;

const PYTHON_SERVE = `import socket, sys, threading
def pump(a, b):
    try:
        while True:
            d = a.recv(65536)
            if not d: break
            b.sendall(d)
    except OSError:
        pass
    try: b.shutdown(socket.SHUT_WR)
    except OSError: pass
def serve(c):
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect('gate.sock')
        threading.Thread(target=pump, args=(c, s), daemon=True).start()
        pump(s, c)
        c.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    c.close(); s.close()
l = socket.socket()
l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
l.bind(('127.0.0.1', int(sys.argv[1])))
l.listen(128)
while True:
    threading.Thread(target=serve, args=(l.accept()[0],), daemon=True).start()`;
const PYTHON_PROBE = `import socket, sys
c = socket.create_connection(('127.0.0.1', int(sys.argv[1])), 3)
c.sendall(b'${HEALTH}')
sys.exit(0 if c.recv(64).startswith(b'${ALIVE}') else 1)`;

const PERL_SERVE = `use IO::Socket::INET; use IO::Socket::UNIX; use IO::Select;
$SIG{CHLD} = 'IGNORE'; $SIG{PIPE} = 'IGNORE';
my $l = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[0], Listen => 128, ReuseAddr => 1) or exit 1;
while (1) {
  my $c = $l->accept or next;
  if (fork) { close $c; next }
  close $l;
  my $s = IO::Socket::UNIX->new(Peer => 'gate.sock') or exit;
  my $sel = IO::Select->new($c, $s);
  while ($sel->count) {
    for my $h ($sel->can_read) {
      my $o = $h == $c ? $s : $c;
      my $n = sysread($h, my $b, 65536);
      if (!$n) { exit if $h == $s; $sel->remove($h); shutdown($o, 1); next }
      for (my $at = 0; $at < $n;) { my $w = syswrite($o, $b, $n - $at, $at); exit unless $w; $at += $w }
    }
  }
  exit;
}`;
const PERL_PROBE = `use IO::Socket::INET; alarm 3;
my $c = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0]) or exit 1;
syswrite($c, "${HEALTH}"); sysread($c, my $b, 64); exit($b =~ m{^${ALIVE}} ? 0 : 1);`;

/** A text as one word of sh. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** In the order in which they are looked for. */
export const RELAY_PROGRAMS: readonly RelayProgram[] = [
  {
    name: 'socat',
    serve: 'exec socat "TCP-LISTEN:$1,bind=127.0.0.1,fork,reuseaddr" UNIX-CONNECT:gate.sock',
    probe: `printf '${HEALTH}' | socat -T3 - "TCP:127.0.0.1:$1" | grep -q '^${ALIVE}'`,
  },
  {
    name: 'node',
    serve: `exec node -e ${quoted(NODE_SERVE)} "$1"`,
    probe: `node -e ${quoted(NODE_PROBE)} "$1"`,
  },
  {
    name: 'python3',
    serve: `exec python3 -c ${quoted(PYTHON_SERVE)} "$1"`,
    probe: `python3 -c ${quoted(PYTHON_PROBE)} "$1" 2>/dev/null`,
  },
  {
    name: 'perl',
    serve: `exec perl -e ${quoted(PERL_SERVE)} "$1"`,
    probe: `perl -e ${quoted(PERL_PROBE)} "$1"`,
  },
];
