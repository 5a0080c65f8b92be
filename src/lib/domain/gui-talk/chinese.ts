import { MASK } from '../sentences.ts';
import { actionNamedIn, type GuiAction } from './action.ts';

/** What may stand before the verb of an instruction. */
const LEAD =
  /^(?:请|您|你|可以|可|也|就|即可|能够?|现在|然后|接着|接下来|随后|最后|只需要?|只要|直接|或者?|再|并且?|先|首先|记得|不妨|建议|需要|继续|手动|自行|随时|下一步|[\s：:])+/;

const PART =
  /按钮|图标|面板|菜单|标签页|选项卡|时间[线轴]|工具栏|侧边?栏|编辑器|工作[区台]|[左右][上下]角|素材库|媒体库|下拉|播放器|预览(?:窗口|区)|设置|界面/;
const CLICK = /^(?:点击(?!率|量|数|次|流)|单击|双击|右键|点按|轻点|轻触|按下|点选|勾选|选中(?!了)|选择(?!了)|点开)/;
/** A button called by its name, or a place to click. */
const LABEL = new RegExp(
  `^\\S{2}[“「【]?(?:${MASK}|导出|下载|保存|分享|生成|应用|预览|播放(?!量)|撤销|确定|此处|这里|[左右]侧|顶部|底部)`,
);
const OPEN = /^(?:打开(?!了)|进入|前往|切换[到至]|展开|跳转到|访问)/;
const DRAG = /^(?:(?:将|把)[^，。]{1,20}?)?(?:拖[拽动放](?!感)|拖[到入至])/;
const DRAGGED = /片段|素材|轨道|音轨|时间[线轴]|滑块|进度条|边缘|文件|音乐|视频|图片|字幕|标题|播放头|指针/;
const LOOK = /^(?:预览|查看|观看|播放|检查|看看|看一下|找到)/;
const WITHIN =
  /^[在从到用通使][^，。]{0,12}(?:时间[线轴]|窗口|播放器|面板|编辑器|工具栏|菜单|界面|按钮|[左右][上下]角)[^，。]{0,6}(?:预览|查看|观看|播放|点击|拖|打开|选择|调整|编辑|找到|看到|导出|下载)/;
const EXPORT = /^(?:导出|下载)(?:$|[它该此这成视作为到您你即吧按高项Mm])|^保存(?:视频|成片|到本地)/;
const EXPORT_BUTTON = /(?:导出|下载)(?:按钮|图标|选项|菜单|面板)|[“「【](?:导出|下载)[”」】]/;
const PAY =
  /^(?:查看|检查|前往|进入|打开|访问|去|到|管理|确认)[^，。]{0,8}(?:账户|账号|帐户|账单|余额|积分|订阅|充值|套餐)|^充值|^升级(?:您的|你的)?(?:套餐|会员|订阅)|^购买积分/;

/** The clause speaks of a picture ("点击屏幕的手部特写"), of what was made, or of a price or time. */
const CONTENT =
  /的[^，。]{0,4}(?:特写|镜头|动作|手势|音效|声音|动画|场景|瞬间)|已(?:经)?(?:添加|加入|放置|生成)|我(?:已|把|将|为|给|在)|免费|不消耗|大约|耗时/;
const POINTS_HERE = /如下|以下|下面/;

/** The same as for English. `readable`: the clause with its lead-ins, short names readable. */
export function chineseAction(clause: string, context: string, readable: string): GuiAction | null {
  const words = clause.replace(LEAD, '');
  if (CONTENT.test(clause)) return null;
  if (PAY.test(words)) return 'credits';
  const inEditor = PART.test(context);
  if (CLICK.test(words)) return inEditor || LABEL.test(words) ? actionNamedIn(readable, 'edit') : null;
  if (DRAG.test(words)) return DRAGGED.test(words) ? 'edit' : null;
  if (EXPORT.test(words)) return 'export';
  if (POINTS_HERE.test(context)) return null;
  if ((OPEN.test(words) || LOOK.test(words)) && inEditor) return actionNamedIn(readable, 'state');
  if (WITHIN.test(words)) return /拖/.test(words) ? 'edit' : actionNamedIn(readable, 'state');
  return EXPORT_BUTTON.test(readable) ? 'export' : null;
}

const LEAD_IN =
  /^(?:如果|若|如需|如要|要(?!点)|想|当|为了|完成后|接下来|下一步|提示|小贴士|注意|现在|然后|最后|首先)|后$/;

/** What leads to an instruction is short. In characters. */
const MAX_LEAD_IN = 30;

/** Whether a Chinese clause only leads to the instruction behind it ("如果满意，…"). */
export function isChineseLeadIn(clause: string): boolean {
  if (clause.length > MAX_LEAD_IN || /我(?:已|把|将)/.test(clause)) return false;
  return LEAD_IN.test(clause) || (/^[在从]/.test(clause) && PART.test(clause));
}

/** Whether a clause behind an instruction still tells the client something. */
export function isChineseAside(clause: string): boolean {
  return /^(?:或者?|也可以|并且?)*(?:告诉我|让我|跟我说|我)/.test(clause);
}
