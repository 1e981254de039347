import { CHANNELS, EVENT_TYPES } from '@sotto/shop';
import { builder } from '../builder.ts';

export const Channel = builder.enumType('Channel', { values: CHANNELS });
export const EventType = builder.enumType('EventType', { values: EVENT_TYPES });
