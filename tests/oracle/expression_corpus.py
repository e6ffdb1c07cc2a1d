"""Expressions by hand: every operator, built-in, method, form of literal and error of the language, at its edges. The
names are those of expression_generator.names(0)."""

LITERALS = r"""
0¦00¦7¦1_000_000¦0x1F¦0Xff_ff¦0x_f¦0b101¦0B1_0¦0o17¦0O7¦9223372036854775807¦-9223372036854775808¦- 9223372036854775808
1.¦.5¦1.5¦1e5¦1E-5¦1_0.0_1e1_0¦1e400¦-0.0¦5e-324¦1e16¦1e15¦123456789012345680.0¦0.1+0.2¦1e-4¦1e-5¦100.0¦1.0e0
True¦False¦None¦()¦(1,)¦(1, 2,)¦1, 2¦1,¦[]¦[1,]¦[1, [2, (3, {4: 5})]]¦{}¦{1}¦{1, 2,}¦{'a': 1,}¦{1: 2, True: 3, 1.0: 4}
'a'¦"a"¦'it\'s'¦"\x41\u00e9\U0001F600\101\0\7"¦'\a\b\f\n\r\t\v\\\'\"'¦'\q\ '¦r'\n\''¦R"\x"¦u'x'¦U"y"¦'a' "b" r'\c'
""¦''¦'\N{LATIN SMALL LETTER A WITH DIAERESIS}'¦'ä' 'ö'¦'\777'¦'\1234'¦'\x4142'¦ 1 ¦	1¦1 # comment¦'a'  #
0_0¦1_1.1_1¦0xDEAD_BEEF¦1e0_1¦1.e1¦1if True else 2¦0x1for 2¦1or 2¦1and 2¦1in[1]¦1is None
"""

OPERATORS = r"""
1 + 2¦1 + 2.0¦True + True¦1 - 2¦1.5 - 1¦-5¦--5¦-True¦+True¦~5¦~True¦~-1¦+1.5¦-1.5¦- -1.5¦not 1¦not 0¦not ''¦not not 1
2 * 3¦2 * 1.5¦'ab' * 2¦2 * 'ab'¦[1] * 2¦2 * [1]¦(1,) * 2¦'a' * 0¦'a' * -1¦'a' * True¦[] * 5¦'' * 10
7 / 2¦6 / 2¦1 / 3¦-7 / 2¦7 / -2¦9007199254740993 / 1¦9223372036854775807 / 9223372036854775806¦-9223372036854775808 / 3
9223372036854775807 / 2¦1 / 9223372036854775807¦9007199254740993 / 9007199254740992¦0 / 5¦0 / -5¦True / 2¦1e308 / 1e-308
7 // 2¦-7 // 2¦7 // -2¦-7 // -2¦7.0 // 2¦-7.0 // 2¦7 // -2.0¦1e308 // 1e-10¦0.0 // -1¦-0.0 // 1¦1 // 0.1¦True // 2
7 % 3¦-7 % 3¦7 % -3¦-7 % -3¦7.5 % 2¦-7.5 % 2¦7.5 % -2¦-1e-20 % 1¦0.0 % -1¦5 % 5.0¦-5 % 5.0¦True % 2¦1e300 % 7¦7 % 1e300
-9223372036854775808 % -1¦-9223372036854775808 // 1¦float('inf') % 2¦2 % float('inf')¦-2 % float('inf')
2 ** 10¦2 ** 0¦0 ** 0¦2 ** -1¦2 ** 0.5¦(-8) ** 2¦(-2) ** 3¦-2 ** 2¦2 ** -2 ** 2¦2 ** 3 ** 2¦0.0 ** 0¦1 ** -5¦(-1) ** -3
2.5 ** 2¦10 ** -2¦(-2.0) ** 3¦1e200 ** 2¦0 ** -1¦0.0 ** -1¦0.0 ** -0.5¦True ** 2¦2 ** 62¦2 ** 63¦(-2) ** 63¦3 ** 39
float('inf') ** 0¦float('inf') ** -1¦(-1) ** float('inf')¦0.0 ** float('inf')¦0.0 ** float('-inf')¦2.0 ** 1023¦2.0 ** 1024
1 << 3¦1 << 62¦1 << 63¦0 << 100¦1 << 0¦-1 << 63¦-1 << 64¦5 >> 1¦-5 >> 1¦5 >> 100¦-5 >> 100¦1 << -1¦1 >> -1¦True << 1
5 & 3¦5 | 3¦5 ^ 3¦-1 & 255¦True & False¦True | 2¦True ^ True¦5 & 3.0¦'a' & 1¦{1, 2} & {2}¦{1} | {2}¦{1, 2} - {1}¦{1} ^ {1, 2}
{'a': 1} | {'b': 2}¦{'a': 1} | {'a': 2}¦{1} | [2]¦{1} - {1: 2}.keys()¦{1: 2}.keys() & [1]¦[1] & {1: 2}.keys()
{1: 2}.items() & {(1, 2)}¦{1: 2}.keys() - {1: 2}.keys()¦{1: 2}.values() | {1}¦{1: 2}.keys() | {3}¦{1: 2}.keys() ^ (1, 5)
1 + 'a'¦'a' + 1¦[1] + (2,)¦(1,) + [2]¦'a' + None¦None + 1¦{} + {}¦[1] + [2]¦(1,) + (2,)¦'a' + 'b'¦1.5 + 'a'¦'a' - 'b'
'a' * 'b'¦[1] * 1.5¦1.5 * 'a'¦[1] * [2]¦None * 2¦{} * 2¦1 // 0¦1 / 0¦1 % 0¦1.0 / 0¦1.0 // 0¦1.0 % 0¦1 / 0.0¦0 / 0¦-1 % 0.0
-'a'¦+'a'¦~1.5¦~'a'¦-None¦-[]¦~[]¦+{}¦-{1}¦1 < 2¦2 < 1¦1 < 1¦1 <= 1¦1 > 0.5¦1 >= 1.0¦1 == 1.0¦1 != 1.0¦True == 1¦True < 2
9007199254740993 == 9007199254740992.0¦9007199254740993 > 9007199254740992.0¦9223372036854775807 < 9223372036854775808.0
9223372036854775807 == 9223372036854775808.0¦-9223372036854775808 == -9223372036854775808.0¦1 < float('inf')
float('nan') == float('nan')¦float('nan') < 1¦1 != float('nan')¦float('nan') >= float('nan')¦0.0 == -0.0
'a' < 'b'¦'a' < 'B'¦'ä' > 'z'¦'' < 'a'¦'ab' < 'abc'¦'a' == 'a'¦'\U0001F600' > '\uffff'¦'a' == 1¦'1' == 1¦None == None
None == False¦[] == ()¦[1] == [1.0]¦[1] == [True]¦(1, 2) < (1, 3)¦[1, 2] < [1]¦[] < [1]¦(1, 'a') < (2, 3)¦(1, 'a') < (1, 3)
[1, 2] == [1, 2]¦[1, [2]] == [1, [2]]¦{1: 2} == {1.0: 2.0}¦{1: 2} == {1: 3}¦{1: 2, 3: 4} == {3: 4, 1: 2}¦{1} == {1.0}
{1} < {1, 2}¦{1} <= {1}¦{1} < {1}¦{1, 2} > {1}¦{1} >= {2}¦{1} < {2}¦{1} < [1]¦{1: 2} < {1: 2}¦[1] < (1,)¦1 < 'a'¦'a' < 1
None < 1¦None < None¦[1] < 1¦[1] < ['a']¦['a', 1] < ['a', 'b']¦range(3) == range(3)¦range(0) == range(5, 2)
range(0, 10, 3) == range(0, 12, 3)¦range(3) == [0, 1, 2]¦range(3) < range(4)¦{1: 2}.keys() == {1}¦{1: 2}.keys() < {1, 2}
{1: 2}.items() == {(1, 2)}¦{1: 2}.values() == {1: 2}.values()¦len == len¦len == sum¦int == int¦payload.name.upper == payload.name.upper
1 < 2 < 3¦1 < 3 < 2¦3 > 2 > 1¦1 < 2 > 1¦1 == 1.0 == True¦1 < 2 < 3 < 4¦1 < 2 < 2 < 1/0¦1 != 2 != 1¦1 < 2 in [2]¦1 in [1] in [[1]]
3 > 2 == 2¦1 < 2 is True¦(1 < 2) is True¦1 < (2 < 3)¦0 < payload.amount < 200 <= 1000¦'a' < 'b' < 1¦1 < 'a' < 'b'
1 in [1, 2]¦3 in [1, 2]¦1.0 in [1]¦True in [1]¦'a' in 'abc'¦'' in ''¦'abc' in 'ab'¦'ß' in 'Straße'¦1 in 'a'¦None in 'a'
1 in (1,)¦1 in {1: 2}¦2 in {1: 2}¦1 in {1}¦'a' in {'a'}¦1 not in [1]¦'x' not in payload¦'amount' in payload¦[1] in [[1]]
[1] in {1: 2}¦[1] in {1}¦{1} in {1}¦{1} in [{1}]¦3 in range(5)¦5 in range(5)¦3 in range(0, 10, 2)¦4 in range(10, 0, -2)
3.0 in range(5)¦3.5 in range(5)¦'a' in range(5)¦True in range(5)¦None in range(3)¦1 in 5¦1 in None¦2 in {1: 2}.values()
1 in {1: 2}.keys()¦(1, 2) in {1: 2}.items()¦(1, 3) in {1: 2}.items()¦1 in {1: 2}.items()¦2 in (x for x in [1, 2, 3])
3 in zip([1], [2])¦(1, 2) in zip([1], [2])¦1 in reversed([1, 2])¦(0, 'a') in enumerate('a')
None is None¦None is not None¦1 is None¦True is True¦True is False¦payload.phone is None¦payload.paid is True¦0 is None
1 and 2¦0 and 2¦1 or 2¦0 or 2¦'' or 'x'¦[] or {}¦None and 1/0¦1 or 1/0¦0 or '' or []¦1 and 2 and 3¦1 and 0 or 5¦not 1 or 2
not (1 and 0)¦not 1 == 2¦(1 or 2) and 3¦1 or 2 and 3¦0 and 1 or 2 and 0 or 7¦True and False¦1 if 2 else 3¦1 if 0 else 3
1 if 0 else 2 if 0 else 3¦(1 if 1 else 0) + 1¦1/0 if 0 else 2¦1 or 2 if 0 else 3¦[1 if x else 2 for x in (0, 1)]
1 + 2 * 3¦(1 + 2) * 3¦1 - 2 - 3¦2 * 3 % 4¦1 << 2 + 1¦1 | 2 ^ 3 & 4¦~1 + 2¦-2 * 3¦2 - -3¦1 + 2 < 4¦not 1 < 2¦-1 ** 2¦2 ** -1
9223372036854775807 + 1¦-9223372036854775808 - 1¦9223372036854775807 * 2¦-(-9223372036854775808)¦3037000500 * 3037000500
abs(-9223372036854775808)¦-9223372036854775808 // -1¦4611686018427387904 * 2¦4611686018427387904 * -2¦9223372036854775807 + 1.0
"""

ACCESS = r"""
payload¦payload.amount¦payload['amount']¦payload["items"][0].sku¦payload.address.city¦payload.nope¦payload['nope']¦payload[1]
payload.get('amount')¦payload.get('nope')¦payload.get('nope', 5)¦payload.get('nope', None)¦payload['get']
payload.keys()¦payload.values()¦{1: 2}.items()¦list({'a': 1}.items())¦payload['items']¦len(payload.keys())
payload.amount.x¦payload.name.x¦payload.tags.x¦payload.phone.x¦payload.name['a']¦payload.name[0]¦payload.name[-1]¦payload.name[99]
payload.tags[0]¦payload.tags[-1]¦payload.tags[3]¦payload.tags[-4]¦payload.tags['a']¦payload.tags[1.0]¦payload.tags[True]
payload.tags[None]¦payload.amount[0]¦payload.phone[0]¦payload[[1]]¦payload[{}]¦{1: 2}[True]¦{1: 2}[1.0]¦{(1, 2): 3}[1, 2]
{None: 1}[None]¦{'a': 1}['a']¦(1, 2)[0]¦(1, 2)[2]¦'abc'[1]¦'äöü'[1]¦'äöü'[-3]¦'a\U0001F600b'[1]¦range(5)[2]¦range(5)[-1]¦range(5)[9]
range(5)['a']¦{1}[0]¦len[0]¦(x for x in [1])[0]¦{1: 2}.keys()[0]¦zip([1])[0]¦5[0]¦None[0]¦'a'['b']¦'a'[1.5]¦(1,)['a']
'abcdef'[1:3]¦'abcdef'[:3]¦'abcdef'[3:]¦'abcdef'[:]¦'abcdef'[::2]¦'abcdef'[::-1]¦'abcdef'[-2:]¦'abcdef'[:-2]¦'abcdef'[4:1]
'abcdef'[4:1:-1]¦'abcdef'[10:]¦'abcdef'[-10:2]¦'abcdef'[::100]¦'abcdef'[::-100]¦'abcdef'[None:None:None]¦'abcdef'[True:3]
'äöüß'[1:3]¦'äöüß'[::-1]¦'äöüß'[::2]¦'äöüß'[-2:]¦'äöüß'[3:0:-2]¦''[::-1]¦''[1:2]¦[1, 2, 3][1:]¦[1, 2, 3][::-1]¦[1, 2, 3][5:]
(1, 2, 3)[:2]¦(1, 2, 3)[::2]¦[][1:2]¦range(10)[2:5]¦range(10)[::-1]¦range(0, 10, 3)[1:]¦range(10)[5:2]¦list(range(10)[8:2:-3])
'abc'[::0]¦[1]['a':]¦[1][:'a']¦[1][::1.5]¦[1][None:'a']¦{1: 2}[1:2]¦5[1:2]¦None[:]¦{1}[:]¦len[:]¦[1, 2, 3][9223372036854775807:]
[1, 2, 3][-9223372036854775808:]¦[1, 2, 3][::9223372036854775807]¦[1, 2, 3][::-9223372036854775808]¦[1,2,3][:9223372036854775807:2]
steps.mail.status¦steps['sms'].status¦controls.weights[1]¦workflow.version + 1¦payload['items'][0]['quantity']¦payload['items'][5]
(payload.get)('amount')¦[payload.get][0]('amount')¦[f('a') for f in [str, len, 'b'.join]]
payload.copy¦payload.pop¦[].append¦'a'.format¦'a'.encode¦{1}.add¦(1).real¦1.5.real¦[].sort¦{}.update¦{}.setdefault¦int.x¦len.x
"""

CALLS = r"""
abs(-1)¦abs(-1.5)¦abs(True)¦abs('a')¦abs()¦abs(1, 2)¦abs(x=1)¦abs(-0.0)¦abs(None)
all([])¦all([1, 2])¦all([1, 0])¦all(x > 0 for x in [1, 2])¦all(x for x in [0, 1/1])¦all(5)¦all('')¦all({})¦all()
any([])¦any([0, 1])¦any(x > 1 for x in [2, 'a'])¦any(x > 1 for x in [0, 'a'])¦any('a')¦any({0: 1})¦any(None)
bool()¦bool(0)¦bool('a')¦bool([])¦bool(0.0)¦bool(float('nan'))¦bool(range(0))¦bool(1, 2)¦bool(x=1)¦bool(len)¦bool({}.keys())
dict()¦dict(a=1)¦dict({'a': 1}, b=2)¦dict([(1, 2)])¦dict(['ab', 'cd'])¦dict([[1, 2]], a=3)¦dict(zip('ab', [1, 2]))¦dict({})
dict([1])¦dict([(1, 2, 3)])¦dict(5)¦dict('a')¦dict([([], 1)])¦dict({1: 2}.items())¦dict({'a': 1}, a=2)¦dict([(1, 2)], [(3, 4)])
divmod(7, 2)¦divmod(-7, 2)¦divmod(7, -2)¦divmod(7.5, 2)¦divmod(-7.5, 2)¦divmod(1, 0)¦divmod(1.0, 0)¦divmod('a', 1)¦divmod(1)
divmod(True, 2)¦divmod(-9223372036854775808, -1)¦divmod(0.0, -3)
list(enumerate('ab'))¦list(enumerate('ab', 5))¦list(enumerate('ab', start=-1))¦list(enumerate(iterable='ab'))¦enumerate(5)
enumerate()¦list(enumerate([]))¦list(enumerate('a', 'b'))¦list(enumerate({'a': 1}))¦enumerate('ab')¦len(enumerate('a'))
float()¦float(1)¦float('1.5')¦float(' 1e5\n')¦float('inf')¦float('-INF')¦float('nan')¦float('infinity')¦float('+1')¦float('1_0')
float('1__0')¦float('')¦float('a')¦float('1e')¦float('.')¦float('.5')¦float('5.')¦float('1e400')¦float('0x1')¦float(None)¦float([])
float('١٢')¦float('1 2')¦float(True)¦float('-0')¦float(1, 2)¦float(x=1)¦float('1e-400')¦float('--1')¦float('1_')¦float('_1')
float(9223372036854775807)¦float('9007199254740993')¦float('1.7976931348623159e308')¦float('infinit')¦float('nano')¦float('e5')
int()¦int(1.9)¦int(-1.9)¦int('12')¦int(' 12 ')¦int('-1_000')¦int('0x1f', 16)¦int('1f', 16)¦int('0x1f', 0)¦int('0b11', 0)¦int('11', 2)
int('z', 36)¦int('Z', 36)¦int('8', 8)¦int('', 10)¦int('a')¦int('1.5')¦int('0x1f')¦int('12', 1)¦int('12', 37)¦int('12', -1)¦int(12, 10)
int('9223372036854775807')¦int('9223372036854775808')¦int('-9223372036854775808')¦int(1e18)¦int(1e19)¦int(float('nan'))
int(float('inf'))¦int(None)¦int([])¦int('12', base=8)¦int('0', 0)¦int('00', 0)¦int('012', 0)¦int('0_0', 0)¦int('-0x10', 0)¦int(True)
int('١٢')¦int('½')¦int('+5')¦int('+ 5')¦int('0o17', 8)¦int('0o17', 0)¦int('_1')¦int('1_')¦int('1__1')¦int('0x_f', 16)¦int('0xf_', 16)
int('12', 3.0)¦int('12', None)¦int(x=5)¦int(base=10)¦int('0b1', 16)¦int('0b', 2)¦int('\t7\u2003')¦int('7\x00')
len('abc')¦len('äöü')¦len('\U0001F600')¦len([1])¦len(())¦len({})¦len({1, 1})¦len(range(10))¦len(range(0, 10, 3))¦len(5)¦len(None)
len(1.5)¦len(x for x in [])¦len(zip())¦len()¦len([], [])¦len(obj=[])¦len({}.items())¦len(len)¦len(range(10, 0, -3))¦len(reversed([]))
list()¦list('ab')¦list((1, 2))¦list({1: 2})¦list(range(3))¦list(5)¦list(x for x in 'ab')¦list([1])¦list({}.values())¦list(1, 2)
list(zip())¦list(reversed('äb'))¦list(None)¦list(len)¦list({3})
max(1, 2)¦max([1, 2])¦max('a', 'b')¦max('abc')¦max([])¦max([], default=5)¦max(1)¦max()¦max(1, 'a')¦max([1, 'a'])¦max(1, 1.0)¦max(1.0, 1)
max(True, 1)¦max([1, 2], key=len if 0 else abs)¦max([-3, 2], key=abs)¦max('a', 'bcd', key=len)¦max([], key=len, default=None)
max([1], default=2)¦max(1, 2, default=3)¦max({1: 2, 3: 4})¦max([1], [2])¦max(None, 1)¦max(x for x in [3, 1])¦max([[1], [0, 5]])
min(1, 2)¦min([3, 1.5])¦min('b', 'a')¦min([])¦min([], default='x')¦min(1)¦min({2, 1})¦min([1, None])¦min([2, 1], key=str)¦min(0.0, -0.0)
range(3)¦range(1, 3)¦range(0, 10, 3)¦range(10, 0, -3)¦range(3, 0)¦range(0)¦range(1.5)¦range('a')¦range(1, 2, 0)¦range()¦range(1, 2, 3, 4)
range(True)¦range(None)¦range(3).count(1)¦range(3).index(2)¦range(3).index(9)¦range(0, 10, 2).index(4)¦range(3).count('a')
list(reversed([1, 2]))¦list(reversed('ab'))¦list(reversed((1, 2)))¦list(reversed(range(3)))¦list(reversed({'a': 1, 'b': 2}))
list(reversed({1: 2}.items()))¦reversed({1})¦reversed(5)¦reversed(x for x in [])¦reversed()¦list(reversed({1: 2}.values()))
round(2.5)¦round(3.5)¦round(-2.5)¦round(0.5)¦round(1.5)¦round(2.675, 2)¦round(1.005, 2)¦round(2.5, 0)¦round(2.5, None)¦round(1234.5, -2)
round(1250, -2)¦round(1350, -2)¦round(-1250, -2)¦round(15, -1)¦round(25, -1)¦round(5, -1)¦round(5, 2)¦round(True)¦round(True, 1)
round(1e300, -299)¦round(1e20)¦round(float('nan'))¦round(float('inf'))¦round(float('inf'), 2)¦round('a')¦round(1.5, 'a')¦round(1.5, 1.5)
round(1.7976931348623157e308, -308)¦round(0.05, 1)¦round(0.15, 1)¦round(0.25, 1)¦round(7.0, -1)¦round(5.0, -1)¦round(-0.4)¦round(-0.5, 0)
round(number=2.567, ndigits=1)¦round(1e16 + 1, -1)¦round(9223372036854775807, -1)¦round(4611686018427387904, -19)¦round(None)¦round()
round(5e-324, 323)¦round(5e-324, 400)¦round(123.456, 1000)¦round(123.456, -1000)¦round(9.6, -1)¦round(95.0, -1)¦round(94.99, -2)
set()¦set('a')¦set([1, 1.0])¦set([[1]])¦set(5)¦set([1], [2])¦set({1: 2})¦sorted(set('hello'))¦len({1, True, 1.0})¦set(range(3)) == {0, 1, 2}
sorted([3, 1, 2])¦sorted('hello')¦sorted([1, 'a'])¦sorted([1.5, 1, True])¦sorted([3, 1], reverse=True)¦sorted([], reverse=True)
sorted(['b', 'A', 'c'], key=str.lower if 0 else len)¦sorted(['bb', 'a', 'cc', 'd'], key=len)¦sorted(['bb', 'a', 'cc', 'd'], key=len, reverse=True)
sorted([(1, 'b'), (1, 'a')])¦sorted([None, 1])¦sorted([None])¦sorted(5)¦sorted([1], True)¦sorted([2, 1], None)¦sorted({'b': 1, 'a': 2})
sorted([[2], [1, 5]])¦sorted([1, 2], reverse=None)¦sorted([1, 2], reverse='a')¦sorted([2, 1], key=None)¦sorted()¦sorted(iterable=[1])
sorted([0, False, 0.0, 1, True])¦sorted(x % 3 for x in range(9))¦sorted([3, 2, 1, 3, 2, 1], key=str)¦sorted('äaz')
str()¦str(1)¦str(1.0)¦str(True)¦str(None)¦str('a')¦str([1, 'a', None])¦str((1,))¦str(())¦str({'a': 1})¦str({1})¦str(set())¦str(1e16)
str(range(3))¦str(range(0, 5, 2))¦str({'a': [1, (2,)]})¦str("it's")¦str(['it\'s', 'a"b', '\n'])¦str(object=5)¦str(float('nan'))
str(int)¦str({}.keys())¦str({1: 2}.items())¦str(-0.0)¦str(1, 2)¦str(['ä', '\x7f', '\u2028', '\U0001F600'])
sum([1, 2])¦sum([])¦sum([1.5, 2])¦sum([0.1] * 10)¦sum([1, 2], 10)¦sum([[1], [2]], [])¦sum(['a'])¦sum([], 'a')¦sum([1, 'a'])¦sum(5)
sum(x for x in range(5))¦sum([True, True])¦sum([9223372036854775807, 1])¦sum([9223372036854775807, 1, -1])
sum([1], start=2)¦sum(((1,), (2,)), ())¦sum([[1]])¦sum([], None)¦sum([], [])¦sum([1, 1.5, 2])¦sum({1: 2})¦sum([True], False)¦sum([], True)
sum([1e308, 1e308, -1e308])¦sum([0.1, 0.2, 0.3], 0.0)¦sum([1], 1.5)¦sum([[1], (2,)], [])
tuple()¦tuple('ab')¦tuple([1])¦tuple(5)¦tuple({1: 2})¦tuple(x for x in [1])¦tuple([1], [2])
list(zip())¦list(zip([1, 2], 'ab'))¦list(zip([1], [2, 3]))¦list(zip([1, 2]))¦list(zip([1], 5))¦list(zip([1, 2], [3, 4], [5, 6]))
list(zip([1], [2], strict=True))¦list(zip([1, 2], [3], strict=True))¦list(zip([1], [2, 3], strict=True))¦zip([1], [2])¦zip(strict=True)
list(zip('ab', range(10), strict=False))¦list(zip([1], [1], [1, 2], strict=True))¦list(zip([], [], strict=True))¦zip(a=1)
payload.amount()¦'a'()¦5()¦None()¦[]()¦{}()¦(1, 2)()¦payload.name()¦payload.nope()¦len(5)()¦str(1)()¦payload['amount']()
max(key=len)¦sorted(key=len)¦len([1], x=2)¦int('1', 2, 3)¦payload.get()¦payload.get(1, 2, 3)¦payload.get(key=1)¦payload.keys(1)
payload.get([1])¦{1: 2}.get(True)¦[1, 2, 1].count(1)¦[1, True, 1.0].count(1)¦[].count(1)¦[1, 2].index(2)¦[1, 2].index(5)¦[1, 2, 1].index(1, 1)
[1, 2, 3].index(3, -1)¦[1, 2, 3].index(1, 1, 2)¦[1].index()¦(1, 2).count(2)¦(1, 2).index(2)¦(1, 2).index(3)¦[1, 2].index(2, 0, -1)
[1].index(1, 'a')¦['a'].index('a', -100, 100)¦[[1]].index([1])¦[1].count([])¦[float('nan')].count(1)
{1}.union([2])¦{1}.union()¦{1}.union([2], (3,))¦{1, 2}.intersection([2, 3])¦{1, 2}.difference([1])¦{1}.symmetric_difference([1, 2])
{1}.issubset([1, 2])¦{1, 2}.issuperset([1])¦{1}.isdisjoint([2])¦{1}.isdisjoint([1])¦{1}.union(5)¦{1}.union([[1]])¦{1}.issubset(5)¦{1}.issuperset([2, []])¦{1}.issuperset([1, []])¦{1}.isdisjoint([1, []])¦{1}.isdisjoint([2, []])¦{1}.issubset([2, []])¦{1}.intersection([1, []])¦{1, 2}.intersection([1, []])¦{1, 2}.intersection([2, 1, []], [3])¦set().intersection([[]])¦{1}.intersection([True])¦{1} & {True}¦{1, 2} & {True}¦{True} & {1, 2}¦{1: 2}.keys() & {True}¦{True} & {1: 2}.keys()¦{1: 2, 3: 4}.keys() & {True}¦{True: 2}.keys() & {1: 3, 2: 4}.keys()¦{True: 2}.keys() & [1, 1.0]¦{1}.intersection({True: 1})¦{1}.isdisjoint([{1}])¦{1}.issuperset([{1}])¦{1} | {True}¦{1} - {2}¦{True}.union([1])¦range(9223372036854775807, 0, -3)[::2][1]
[x for x in [1, 2]]¦[x * 2 for x in range(3) if x]¦[x + y for x in 'ab' for y in 'cd']¦[(x, y) for x in range(3) for y in range(x)]
[x for x in range(10) if x % 2 if x > 3]¦[[y for y in range(x)] for x in range(3)]¦{x for x in [1, 1]}¦{x: x * 2 for x in range(3)}
{k: v for k, v in {'a': 1}.items()}¦[a + b for a, b in [(1, 2), (3, 4)]]¦[a for a, in [(1,)]]¦[a for [a] in [[1]]]¦[a for (a) in [1]]
[a + c for a, (b, c) in [(1, (2, 3))]]¦[a for a, b in [1]]¦[a for a, b in [(1,)]]¦[a for a, b in [(1, 2, 3)]]¦[a for a, b in ['xy']]
[a for a, b in {'ab': 1}]¦[k for k, v in [{1: 2, 3: 4}]]¦[x for x in 5]¦[x for x in None]¦[x for x in {'a': 1}]¦[x for x in 'äb']
[x for x in [1] for x in [2]]¦[x for x in [[1], [2]] for x in x]¦[x for x in [1] if y]¦[x for x in x]¦[x for x in [x]]¦[x for y in [1] for x in [x]]
[i for i in range(5) if i if i > 1]¦[payload for payload in [1]]¦[len for len in [1]]¦[str(x) for x in [1]]¦[x for x in (y for y in [1, 2])]
list(x for x in [1])¦sum(x for x in [1, 2])¦(x for x in [1])¦list((x for x in [1]))¦list(x for x in [1/0])¦[1/0 for x in []]¦list(1/x for x in [0])
[list(g) for g in [(x for _ in [1]) for x in [1, 2]]]¦[list(g) for g in [(x for y in [x]) for x in [1, 2]]]
[list(g) for i in [1, 2] for g in [[(x for _ in [1]) for x in [i]][0]]]¦[f for f in [len]][0]('ab')
[[list(h) for h in g] for g in [[(x + y for _ in 'a') for x in [1, 2]] for y in [10, 20]]]¦[x for x in [1, 2, 3] if any(x == y for y in [2, 3])]
[next for next in [1]]¦list(zip((x for x in [1, 2, 3]), (y for y in 'ab')))¦[list(zip(g, g)) for g in [(x for x in range(5))]]
[list(g) for a in [1] for g in [(y for b in [1] for y in g)]]¦[any(g) and list(g) for g in [(x for x in [0, 1, 2, 3])]]¦[(2 in g, list(g)) for g in [(x for x in range(5))]]
[list(z) + list(z) for z in [zip('ab', 'cd')]]¦[list(r) + list(r) for r in [reversed([1, 2])]]¦[list(e) + list(e) for e in [enumerate('ab')]]
{(x, y): x for x, y in zip('ab', 'cd')}¦{x: 1 for x in [[1]]}¦{[1] for x in [1]}¦{[]: 1}¦{[]}¦{{}: 1}¦{(1, [2])}¦{len: 1}[len]¦{range(3), range(3)} == {range(0, 3)}
[x if x > 1 else -x for x in range(4)]¦[x for x in range(4) if (x if x > 1 else 0)]¦[(lambda_, 1) for lambda_ in [1]]¦[x for x in range(3) if x or x == 0]
"""

METHODS = r"""
'Ab'.lower()¦'Straße'.upper()¦'ǆ'.title()¦'Straße'.casefold()¦'hello world'.title()¦'hELLO'.capitalize()¦'aBc'.swapcase()
' a '.strip()¦'xax'.strip('x')¦'abc'.lstrip('ab')¦'abc'.rstrip('bc')¦'a'.strip(None)¦'a'.strip(1)¦'\u2003a\x1f'.strip()
'abc'.startswith('a')¦'abc'.startswith(('x', 'ab'))¦'abc'.startswith('b', 1)¦'abc'.endswith('c', 0, 3)¦'abc'.startswith(1)
'a b  c'.split()¦'a,b,,c'.split(',')¦'a,b,c'.split(',', 1)¦'a b c'.rsplit(None, 1)¦'a,b'.rsplit(',')¦'a'.split('')¦'a b'.split(maxsplit=1)
'a b'.split(sep=' ')¦'a b'.split(sep=None, maxsplit=0)¦'a'.split(x=1)¦'a b'.split(' ', maxsplit=1)¦'a'.split(' ', sep=' ')¦'a'.split(1)
'a\nb\r\nc'.splitlines()¦'a\nb'.splitlines(True)¦'a\nb'.splitlines(keepends=True)¦','.join(['a', 'b'])¦','.join('ab')¦','.join([1])
','.join(x for x in 'ab')¦','.join({'a': 1})¦','.join(5)¦','.join(('a',))¦''.join([])¦'-'.join(str(x) for x in range(3))¦','.join(['a', None])
'aaa'.replace('a', 'b')¦'aaa'.replace('a', 'b', 2)¦'aaa'.replace('', '-')¦'abc'.replace('x', 1)¦'abc'.find('c')¦'abc'.find('x')
'abcabc'.rfind('a')¦'abc'.index('x')¦'abc'.rindex('x')¦'abcabc'.rindex('b')¦'aaaa'.count('aa')¦'abc'.count('')¦'abc'.find('b', -1)
'123'.isdigit()¦'²'.isdigit()¦'²'.isdecimal()¦'½'.isnumeric()¦'abc'.isalpha()¦'ab1'.isalnum()¦' \t'.isspace()¦'AB'.isupper()¦'ab'.islower()
''.isdigit()¦'unhappy'.removeprefix('un')¦'a.py'.removesuffix('.py')¦'a'.removeprefix(1)¦'5'.zfill(3)¦'-5'.zfill(4)¦'a'.center(5)
'a'.center(4, '*')¦'a'.ljust(3) + 'x'[0:1]¦'a'.rjust(3, 'ä')¦'a'.center(3, 'xx')¦'a.b.c'.partition('.')¦'a.b.c'.rpartition('.')
'abc'.partition('')¦'abc'.partition('x')¦'a'.upper(1)¦'a'.zfill()¦'a'.zfill('b')¦'ΑΣ'.lower()¦'ß'.swapcase()¦'ﬁ'.upper()¦'İ'.lower()
'%s' % 1¦'%s %s' % (1, 'a')¦'%d' % 3.7¦'%05.2f' % 3.14159¦'%x' % 255¦'%r' % 'a'¦'%(a)s' % {'a': 1}¦'%%' % ()¦'%s' % ()¦'%s' % (1, 2)¦'%d' % 'a'
'%5s/%-5s' % ('a', 'b')¦'%c' % 65¦'%c' % 'ä'¦'%e' % 1234.5¦'%g' % 1e10¦'%+d' % 5¦'% d' % 5¦'%s' % None¦'%s' % [1]¦'%q' % 1¦'%' % 1¦'a' % 1
'a' % {}¦'a' % [1]¦'%(a)s' % 1¦'%(b)s' % {'a': 1}¦'%*d' % (5, 3)¦'%.3s' % 'abcdef'¦'%i' % True¦'%o' % 8¦'%X' % 255¦'%#x' % 255¦'%s' % {}¦'%d' % None
"""

SYNTAX_ERRORS = r"""
1 +¦+¦(1¦1)¦[1¦{1¦{1:¦{1: 2, 3}¦{1, 2: 3}¦1 2¦a b¦'a¦"a¦"'a¦1 ++¦* 2¦1 *¦== 1¦1 ==¦x.¦.x¦x[¦x[]¦x[:¦1 if 2¦1 if else 2¦if 1¦else
for x in [1]¦[for x in [1]]¦[x for]¦[x for x]¦[x for x in]¦[x for 1 in [1]]¦[x, y for x in [1]]¦x for x in [1]¦(x for x in 1 if)
{x: for x in [1]}¦not¦1 not 2¦1 is¦1 in¦1 not in¦a = 1¦len(a=1, 2)¦len(a=1, a=2)¦len(x for x in [1], 2)¦len(1, x for x in [1])
1__0¦1_¦0x¦0b2¦0o8¦012¦1e¦1.2.3¦1abc¦0xg¦'\x4'¦'\u12'¦'\N{nope}'¦'\U99999999'¦é é¦$¦?¦!¦a ! b¦`a`¦1;2¦;¦a:b¦return 1¦import x
pass¦class¦def f(): 1¦while 1¦1 <> 2¦a => b¦a && b¦a || b¦!a¦()()(¦())¦[)]¦(]¦{)¦len(1,,2)¦len(,)¦(,)¦[,]¦{,}¦1,,2¦1 \ 2
ur'x'¦rr'x'¦bu'x'¦\¦True = 1¦None()(¦len(**)¦len(*)¦x..y¦x.1¦1.x¦x.'a'¦(1 for)¦{**}¦[*]¦lambda¦1 < ¦< 1¦- ¦~¦a not b¦1 if 2 else
"""

MULTILINE = ["'''a\nb'''", '"""a\r\nb\rc"""', "'a\\\nb'", "('a'\n'b')", "[1,\n2]", "{'a':\n1}", "( # comment\n1)", "1 + \\\n2", "\n\n1\n\n",
             "1\n# comment\n", "(1\n+\n2)", "[\n]", "payload[\n'amount'\n]", "1 \\\r\n+ 2", "'a'\n", "len(\n'a',\n)", "1\n+ 1", "a\nb", "'a'\n'b'", "'a\nb'",
             "'a\\\r\nb'", "'\\", "(1\n", "1\\", "1 \\\n", "\f1", "1\f", "\ufeff1", "\u00a01", "1 +\u2003 1"]


def split(table):
    """The expressions of a table: one a line, or between broken bars."""
    return [expression for line in table.strip("\n").split("\n") for expression in line.split("\u00a6")]


AS_CPYTHON = [*MULTILINE, "", " ", "#", *(expression for table in (LITERALS, OPERATORS, ACCESS, CALLS, METHODS, SYNTAX_ERRORS)
                                          for expression in split(table))]

# What CPython has and the language has not, on purpose, by the class of the error.
NOT_AS_CPYTHON = {
    "SyntaxError": ["lambda: 1", "(lambda x: x)(1)", "(x := 1)", "[y := 1]", "[*[1]]", "(*[1],)", "{*[1]}", "{**{}}", "len(*[[]])",
                    "dict(**{})", "f'x'", "f'{1}'", "rf'x'", "b'x'", "rb'x'", "await 1", "(yield)", "(yield 1)", "(yield from [])",
                    "[x async for x in []]", "1j", "1.5J", "...", "[1][1:2, 3]", "'\\ud800'", "[x for *x, y in [[1, 2]]]",
                    "payload.amount\n+ 1", "a\0b"],
    "AttributeError": ["payload.__class__", "payload._x", "''.__class__.__mro__", "(1).__class__", "len.__self__", "[].__len__",
                       "payload.__init__.__globals__", "True or payload._x", "str.upper('a')", "dict.fromkeys('a')"],
    "NameError": ["nope", "True or nope", "eval('1')", "exec", "open('x')", "__import__('os')", "__builtins__", "globals()",
                  "type(1)", "print(1)", "getattr(payload, 'x')", "isinstance(1, int)", "frozenset()", "bytes(1)", "map(str, [])",
                  "[x for x in [1]] and x", "[y for x in [1]]", "[x for x in [1] if z]", "repr(1)", "format(1)", "iter([])"],
    "OverflowError": ["sum([9223372036854775807, 1, 1.0])", "9223372036854775808", "0xFFFFFFFFFFFFFFFF", "-9223372036854775809", "10 ** 19", "1 << 64", "2 ** 64 // 2",
                      "len(range(-9223372036854775808, 9223372036854775807))", "-(9223372036854775808)",
                      "99999999999999999999999999"],
    "TypeError": ["len", "payload.get", "payload.name.upper", "[payload.keys()]", "{'a': (x for x in [])}", "{(1, 2): 3}"],
    "ValueError": ["(-8) ** 0.5", "(-1.5) ** 2.5"],
    "ResourceError": ["(" * 65 + "1" + ")" * 65, "[" * 100 + "]" * 100, "not " * 70 + "1", "1" + "+1" * 2100, "-" * 65 + "1",
                      "{'a':" * 70 + "1" + "}" * 70, "x" * 5000],
}
