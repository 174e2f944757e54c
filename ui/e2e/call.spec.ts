import { expect, test } from './test';

test('a long call shows its progress and is cancelled', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools/slow?arguments={"seconds":60,"steps":600}');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText(/step \d+ of 600/)).toBeVisible();
  await expect(page.getByRole('progressbar')).toBeVisible();
  await page.getByRole('button', { name: 'Cancel the call' }).click();
  await expect(page.getByText('Cancelled', { exact: true })).toBeVisible();
  const running = async () => (await gate.get<{ calls: unknown[] }>('/api/calls')).calls;
  await expect.poll(running).toEqual([]);
});

test('a structured result is a table where it can be', async ({ open, page, gate, farm }) => {
  const cities = [
    { city: 'Bern', people: 146_000 },
    { city: 'Chur', people: 39_000 },
  ];
  await farm.add(gate, 'atlas', { tools: [{ name: 'cities', result: { structuredContent: { cities } } }] });
  await open('/tools/cities');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  const table = page.getByRole('region', { name: 'Try it' }).getByRole('table');
  await expect(table.getByRole('columnheader', { name: 'people' })).toBeVisible();
  await expect(table.getByRole('row', { name: 'Chur' }).getByRole('cell').nth(1)).toHaveText('39000');
});

test('a number keeps its digits on the way there and back', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools/add');
  const trial = page.getByRole('region', { name: 'Try it' });
  const fields = trial.getByRole('textbox');
  // A number of JavaScript would round it.
  await fields.nth(0).fill('9007199254740992');
  await fields.nth(1).fill('1');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('Answered', { exact: true })).toBeVisible();
  await expect(trial.getByText('9007199254740993', { exact: true })).toBeVisible();
});

test('a call is repeated in the name in which it was made', async ({ open, page, gate }) => {
  await gate.addDemo();
  await gate.client('claude');
  await open('/tools/echo?arguments={"message":"hi"}');
  await page.getByText('Options', { exact: true }).click();
  const client = page.getByRole('combobox', { name: 'In whose name' });
  await client.selectOption('claude');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await client.selectOption('headgate');
  await page.getByRole('button', { name: 'Call again' }).click();
  await gate.recorded(2);
  const { calls } = await gate.get<{ calls: { client: string }[] }>('/api/activity');
  expect(calls.map((call) => call.client)).toEqual(['claude', 'claude']);
});

test('pictures come from their own bytes, and links are shown whole', async ({ open, page, gate, farm }) => {
  const png =
    'iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FAAhKDveksOjmAAAAAElFTkSuQmCC';
  await farm.add(gate, 'studio', {
    tools: [
      {
        name: 'draw',
        result: {
          content: [
            { type: 'text', text: 'Here it is.' },
            { type: 'image', data: png, mimeType: 'image/png' },
            { type: 'resource_link', uri: 'https://elsewhere.example/picture?a=1', name: 'picture' },
            { type: 'resource_link', uri: 'https://elsewhere.example/\u202egpj.exe', name: 'photo' },
          ],
        },
      },
      { name: 'fail', result: { isError: true, content: [{ type: 'text', text: 'no paint left' }] } },
    ],
  });
  await open('/tools/draw');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('Here it is.')).toBeVisible();
  await expect(page.getByText('https://elsewhere.example/picture?a=1')).toBeVisible();
  await expect(page.getByText('U+202E')).toBeVisible();
  const picture = page.getByRole('img', { name: 'Picture from the tool' });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(10);
  await open('/tools/fail');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await expect(page.getByText('no paint left')).toBeVisible();
  await expect(page.getByText('The tool ran and says that it failed:')).toBeVisible();
});

test('a tool is switched off beside what it costs, and is not run again then', async ({
  open,
  page,
  gate,
}) => {
  await gate.addDemo();
  await open('/tools/echo?arguments={"message":"hi"}');
  await page.getByRole('button', { name: 'Call the tool' }).click();
  await gate.recorded(1);
  const { calls } = await gate.get<{ calls: { id: number }[] }>('/api/activity');
  const item = page.getByRole('switch', { name: 'Offer echo' });
  await item.press('Space');
  await expect(page.getByText('This tool is off')).toBeVisible();
  await expect(item).toBeFocused();
  await expect(page.getByRole('link', { name: 'Tools of demo' })).toHaveAttribute(
    'href',
    /tools\?find=echo$/,
  );
  await open(`/activity/${calls[0]?.id}`);
  await expect(page.getByRole('button', { name: 'Run again' })).toBeDisabled();
  await expect(page.getByText('It cannot be run again now: its tool is off.')).toBeVisible();
  await open('/tools/echo');
  await item.press('Space');
  await expect(page.getByRole('button', { name: 'Call the tool' })).toBeVisible();
});

test('what was typed for a tool is there when its form is opened again', async ({ open, page, gate }) => {
  await gate.addDemo();
  await open('/tools/echo');
  const field = page.getByRole('region', { name: 'Try it' }).getByRole('textbox').first();
  await field.fill('half a thought');
  await page.getByRole('link', { name: 'Upstreams' }).click();
  await page.goBack();
  await expect(field).toHaveValue('half a thought');
});
