/* SPDX-License-Identifier: BSD-2-Clause */
/* Audio and video that is what it says: may stream without being held (design: STREAM). Pure. */
#ifndef GATEWAY_MEDIA_H
#define GATEWAY_MEDIA_H

#include "core/str.h"

/* The media type says audio/ or video/ and the first bytes prove a known container of it. */
bool media_proved(struct str type, struct str first);

#endif
