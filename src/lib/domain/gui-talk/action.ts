import type { SuggestedAction } from '../job.ts';

/** What a GUI instruction comes down to in this API (nemovideo-api.md, "What the upstream tells a GUI user"). */
export type GuiAction = SuggestedAction['action'];

const NAMES: [GuiAction, RegExp][] = [
  [
    'credits',
    /\b(?:billing|subscription|top[- ]?up|(?:your|buy|more) credits?|account)\b|账户|账号|账单|积分|余额|充值/i,
  ],
  ['export', /\b(?:export|download|render|publish|mp4|save)\b|导出|下载|保存|渲染|发布/i],
  ['state', /\b(?:preview|play|panel|menu|timeline)\b|预览|播放|面板|时间[线轴]|菜单/i],
];

/** The action behind the first of the known names in an instruction; `otherwise` where it has none. */
export function actionNamedIn(text: string, otherwise: GuiAction): GuiAction {
  const found = NAMES.map(([action, name]) => ({ action, at: text.search(name) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return found[0]?.action ?? otherwise;
}
