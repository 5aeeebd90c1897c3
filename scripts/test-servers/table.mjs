/** Stands for the suite that this system itself runs. */
export const HOST = 'host';

/** Stands for what this system has installed already: `binary` is looked for on the PATH. */
export const INSTALLED = 'installed';

const prometheus = { package: 'prometheus', binary: 'usr/bin/prometheus' };
const promtool = { package: 'promtool', binary: 'usr/bin/promtool' };
/** Up to trixie promtool is part of the server's package. */
const bundledPromtool = { package: 'prometheus', binary: 'usr/bin/promtool' };
const victoriaMetrics = { package: 'victoria-metrics', binary: 'usr/bin/victoria-metrics' };
/** A folder of Python modules; the system's python3 runs them. */
const pythonClient = { package: 'python3-prometheus-client', binary: 'usr/lib/python3/dist-packages' };
/** Go and all packages that the program is built with; what is built is `binary`. */
const goProgram = {
  package: 'golang-github-grpc-ecosystem-go-grpc-prometheus-dev',
  with: ['golang-go'],
  source: 'test/oracle/main.go',
  binary: 'oracle',
};
const compose = { package: 'docker-compose', binary: 'usr/libexec/docker/cli-plugins/docker-compose' };
/** A browser with its libraries and a font. Ubuntu has none as a package: there it is one that is installed. */
const chromium = {
  package: 'chromium',
  with: ['chromium-common', 'fonts-dejavu-core'],
  binary: 'usr/lib/chromium/chromium',
};
const tmux = { package: 'tmux', with: ['ncurses-base'], binary: 'usr/bin/tmux', ask: '-V' };

/**
 * The servers that tests need, a row each: the start of the version that is wanted, what is skipped without it, and
 * where it may come from, best first. A version that starts otherwise is used too, but is called a fallback.
 */
export const rows = [
  {
    name: 'prometheus',
    wants: '2.',
    skipped: 'suites in which Prometheus 2 scrapes',
    candidates: [
      { distribution: 'debian', suite: 'bookworm', ...prometheus },
      { suite: HOST, ...prometheus },
    ],
  },
  {
    name: 'promtool',
    wants: '2.',
    skipped: 'suites in which promtool 2 reads expositions, rules and configurations',
    candidates: [
      { distribution: 'debian', suite: 'bookworm', ...bundledPromtool },
      { suite: HOST, ...bundledPromtool },
      { suite: HOST, ...promtool },
    ],
  },
  {
    name: 'prometheus3',
    wants: '3.',
    skipped: 'suites in which Prometheus 3 scrapes',
    candidates: [
      { distribution: 'debian', suite: 'forky', ...prometheus },
      { suite: HOST, ...prometheus },
    ],
  },
  {
    name: 'promtool3',
    wants: '3.',
    skipped: 'suites in which promtool 3 reads expositions, rules and configurations',
    candidates: [
      { distribution: 'debian', suite: 'forky', ...promtool },
      { suite: HOST, ...promtool },
      { suite: HOST, ...bundledPromtool },
    ],
  },
  {
    name: 'victoria-metrics',
    wants: '1.',
    skipped: 'suites in which VictoriaMetrics scrapes',
    candidates: [
      { distribution: 'debian', suite: 'bookworm', ...victoriaMetrics },
      { suite: HOST, ...victoriaMetrics },
    ],
  },
  {
    name: 'openmetrics-parser',
    wants: '0.',
    skipped: 'suites in which the reference parser reads OpenMetrics',
    candidates: [{ suite: HOST, ...pythonClient }],
  },
  {
    name: 'docker-compose',
    wants: '2.',
    skipped: 'suites that read or start the compose file',
    candidates: [
      { distribution: 'debian', suite: 'forky', ...compose },
      { suite: HOST, ...compose },
      // Ubuntu's name for it; its `docker-compose` is version 1, in Python.
      { suite: HOST, ...compose, package: 'docker-compose-v2' },
    ],
  },
  {
    name: 'go-grpc-prometheus',
    wants: '1.2.',
    skipped: 'suites that compare our metrics with those of go-grpc-prometheus',
    // Later suites have it too, with other versions of all that it is built with.
    candidates: [
      { distribution: 'debian', suite: 'bookworm', ...goProgram },
      { suite: HOST, ...goProgram },
    ],
  },
  {
    name: 'chromium',
    wants: '',
    skipped: 'suites that open the live page in a browser',
    candidates: [
      { suite: HOST, ...chromium },
      { suite: INSTALLED, package: 'chromium', binary: 'chromium' },
      { suite: INSTALLED, package: 'google-chrome', binary: 'google-chrome' },
    ],
  },
  {
    name: 'tmux',
    wants: '3.',
    skipped: 'suites that look at the terminal view',
    candidates: [
      { suite: HOST, ...tmux },
      { suite: INSTALLED, ...tmux, binary: 'tmux' },
    ],
  },
];
