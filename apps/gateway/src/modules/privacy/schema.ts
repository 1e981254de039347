import './allowances.ts';
import './attack-reports.ts';
import './budget.ts';
import './ledger.ts';
import './refusals.ts';
import './release.ts';
