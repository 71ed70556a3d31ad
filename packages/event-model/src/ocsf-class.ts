/** The OCSF 1.x classes that profiles map to: name, uid, and the category's uid and name. */
export const ocsfClasses = {
  baseEvent: { uid: 0, name: 'Base Event', category: 0, categoryName: 'Uncategorized' },
  fileSystemActivity: {
    uid: 1001,
    name: 'File System Activity',
    category: 1,
    categoryName: 'System Activity',
  },
  kernelExtensionActivity: {
    uid: 1002,
    name: 'Kernel Extension Activity',
    category: 1,
    categoryName: 'System Activity',
  },
  memoryActivity: { uid: 1004, name: 'Memory Activity', category: 1, categoryName: 'System Activity' },
  moduleActivity: { uid: 1005, name: 'Module Activity', category: 1, categoryName: 'System Activity' },
  scheduledJobActivity: {
    uid: 1006,
    name: 'Scheduled Job Activity',
    category: 1,
    categoryName: 'System Activity',
  },
  processActivity: { uid: 1007, name: 'Process Activity', category: 1, categoryName: 'System Activity' },
  eventLogActivity: { uid: 1008, name: 'Event Log Activity', category: 1, categoryName: 'System Activity' },
  scriptActivity: { uid: 1009, name: 'Script Activity', category: 1, categoryName: 'System Activity' },
  registryKeyActivity: {
    uid: 201001,
    name: 'Registry Key Activity',
    category: 1,
    categoryName: 'System Activity',
  },
  registryValueActivity: {
    uid: 201002,
    name: 'Registry Value Activity',
    category: 1,
    categoryName: 'System Activity',
  },
  windowsServiceActivity: {
    uid: 201004,
    name: 'Windows Service Activity',
    category: 1,
    categoryName: 'System Activity',
  },
  detectionFinding: { uid: 2004, name: 'Detection Finding', category: 2, categoryName: 'Findings' },
  accountChange: {
    uid: 3001,
    name: 'Account Change',
    category: 3,
    categoryName: 'Identity & Access Management',
  },
  authentication: {
    uid: 3002,
    name: 'Authentication',
    category: 3,
    categoryName: 'Identity & Access Management',
  },
  authorizeSession: {
    uid: 3003,
    name: 'Authorize Session',
    category: 3,
    categoryName: 'Identity & Access Management',
  },
  entityManagement: {
    uid: 3004,
    name: 'Entity Management',
    category: 3,
    categoryName: 'Identity & Access Management',
  },
  groupManagement: {
    uid: 3006,
    name: 'Group Management',
    category: 3,
    categoryName: 'Identity & Access Management',
  },
  networkActivity: { uid: 4001, name: 'Network Activity', category: 4, categoryName: 'Network Activity' },
  httpActivity: { uid: 4002, name: 'HTTP Activity', category: 4, categoryName: 'Network Activity' },
  dnsActivity: { uid: 4003, name: 'DNS Activity', category: 4, categoryName: 'Network Activity' },
  dhcpActivity: { uid: 4004, name: 'DHCP Activity', category: 4, categoryName: 'Network Activity' },
  rdpActivity: { uid: 4005, name: 'RDP Activity', category: 4, categoryName: 'Network Activity' },
  smbActivity: { uid: 4006, name: 'SMB Activity', category: 4, categoryName: 'Network Activity' },
  sshActivity: { uid: 4007, name: 'SSH Activity', category: 4, categoryName: 'Network Activity' },
  ftpActivity: { uid: 4008, name: 'FTP Activity', category: 4, categoryName: 'Network Activity' },
  emailActivity: { uid: 4009, name: 'Email Activity', category: 4, categoryName: 'Network Activity' },
  networkFileActivity: {
    uid: 4010,
    name: 'Network File Activity',
    category: 4,
    categoryName: 'Network Activity',
  },
  apiActivity: { uid: 6003, name: 'API Activity', category: 6, categoryName: 'Application Activity' },
  webResourcesActivity: {
    uid: 6001,
    name: 'Web Resources Activity',
    category: 6,
    categoryName: 'Application Activity',
  },
} as const satisfies Record<
  string,
  { readonly uid: number; readonly name: string; readonly category: number; readonly categoryName: string }
>;

export type OcsfClass = keyof typeof ocsfClasses;
