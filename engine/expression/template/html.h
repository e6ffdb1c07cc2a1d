/* html: text made safe for the content and the quoted attributes of HTML. */
#ifndef ENGINE_EXPRESSION_HTML_H
#define ENGINE_EXPRESSION_HTML_H

#include "engine/value/buffer.h"

/* Appends text with & < > " ' as &amp; &lt; &gt; &#34; &#39; (markupsafe's choice). */
void html_escape(buffer *b, const char *text, size_t size);

#endif
