export const PIN = { name: 'here', type: 'Pin', guests: { vmids: [101] }, nodes: ['pve1'] };
export const TOGETHER = { name: 'together', type: 'Affinity', guests: { vmids: [101, 102] } };
export const APART = { name: 'apart', type: 'AntiAffinity', guests: { vmids: [102, 101] } };
