// Pages of stages. What stands between `<!-- NAME -->` and `<!-- /NAME -->` is generated, everything else is kept.

const kinds = {
  knnBuilder: 'KNN builders',
  proposalGenerator: 'Proposal generators',
  scorer: 'Scorers',
  deoverlapper: 'De-overlappers',
  evaluator: 'Evaluators',
};

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const typeOf = ({ name }) => name.split('/')[1];

/** What a stage takes, gives and needs: which stages it can stand beside. */
const flowOf = ({ traits }) => traits.filter((trait) => /^(takes|gives|needs) /.test(trait)).join(', ');

/** A page a stage, named by its type; where several stages share a type, their kind or plugin is added. */
export function pageNames(sheets) {
  const shared = (sheet, other) => other !== sheet && typeOf(other) === typeOf(sheet);
  return new Map(
    sheets.map((sheet) => {
      const others = sheets.filter((other) => shared(sheet, other));
      if (others.length === 0) return [sheet, typeOf(sheet)];
      const kindTells = others.every(({ kind }) => kind !== sheet.kind);
      return [sheet, kindTells ? `${typeOf(sheet)}-${kebab(sheet.kind)}` : sheet.name.replace('/', '-')];
    }),
  );
}

export function stagePage(sheet, page) {
  const parts = {
    head: headOf(sheet),
    options: optionTable(sheet.options),
    cost: sheet.cost === undefined ? 'Not stated.' : `${sentence(sheet.cost)}`,
    reference: sheet.reference === undefined ? 'None: it is common knowledge.' : `${sentence(sheet.reference)}`,
  };
  return fill(page ?? skeleton(typeOf(sheet)), parts);
}

function skeleton(type) {
  return `# ${type}

<!-- head -->
<!-- /head -->

## What it does

## Options

<!-- options -->
<!-- /options -->

## How it works

## Cost

<!-- cost -->
<!-- /cost -->

## Reference

<!-- reference -->
<!-- /reference -->
`;
}

function headOf({ name, kind, summary, traits }) {
  const list = [`\`${kind}\``, ...traits, `plugin ${name.split('/')[0]}`];
  return `${summary} (${list.join('; ')})`;
}

function optionTable(options) {
  if (options.length === 0) return 'None.';
  const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = options.map(({ name, type, range, default: value, description }) => {
    const typed = range === '' ? `\`${type}\`` : `\`${type}\`, ${range}`;
    return `| \`${name}\` | ${cell(typed)} | ${value === undefined ? '*required*' : `\`${cell(value)}\``} | ${cell(description)} |`;
  });
  return ['| option | type | default | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

export function stageList(sheets, names, page) {
  const sections = Object.entries(kinds).flatMap(([kind, title]) => {
    const own = sheets.filter((sheet) => sheet.kind === kind);
    if (own.length === 0) return [];
    const flows = own.some((sheet) => flowOf(sheet) !== '');
    const rows = own.map((sheet) => {
      const flow = flows ? ` ${flowOf(sheet)} |` : '';
      return `| [\`${typeOf(sheet)}\`](${names.get(sheet)}.md) | ${sheet.name.split('/')[0]} |${flow} ${sheet.summary} |`;
    });
    const head = flows
      ? '| type | plugin | data | |\n| --- | --- | --- | --- |'
      : '| type | plugin | |\n| --- | --- | --- |';
    return [`## ${title}\n\n${head}\n${rows.join('\n')}`];
  });
  const start =
    '# Stages\n\nEvery stage, in the order of the data flow. `l2c stages TYPE` shows the same at the terminal.\n';
  return fill(page ?? `${start}\n<!-- list -->\n<!-- /list -->\n`, { list: sections.join('\n\n') });
}

/** Replaces what stands between the marks of each part. A page that has lost one is an error, not a silent loss. */
function fill(page, parts) {
  let filled = page;
  for (const [name, text] of Object.entries(parts)) {
    const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const from = filled.indexOf(open);
    const to = filled.indexOf(close);
    if (from < 0 || to < from)
      throw new RangeError(`a page lacks the marks ${open} and ${close}: ${page.slice(0, 60)}`);
    filled = `${filled.slice(0, from + open.length)}\n\n${text}\n\n${filled.slice(to)}`;
  }
  return filled;
}

function sentence(text) {
  const trimmed = text.trim();
  const capital = trimmed[0].toUpperCase() + trimmed.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
