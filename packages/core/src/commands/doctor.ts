import { L2cCommand } from '../l2c-command.js';
import type { Diagnosis } from '../compute/doctor.js';

export default class Doctor extends L2cCommand {
  static override summary = 'Says which engines load, how fast each is, and what to install for more.';

  async run(): Promise<Diagnosis> {
    await this.parse(Doctor);
    const { describeDiagnosis, diagnose } = await import('../compute/doctor.js');
    const found = await diagnose();
    this.say(describeDiagnosis(found));
    return found;
  }
}
