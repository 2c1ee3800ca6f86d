/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Network rules: the text line by line, the journal, and, where we may make a network namespace,
 * the real thing: what was there before is there afterwards, whatever is killed in between.
 */
#include <check.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "intercept/journal.h"
#include "intercept/rules.h"
#include "intercept/rules_text.h"
#include "intercept/tables.h"
#include "intercept/tool.h"

static const char *const eth1[] = { "eth1" };
static const char *const both[] = { "eth1", "wlan0.7" };
static const uint16_t http_ports[] = { 80 }, tls_ports[] = { 443, 8443 };

static struct net_plan plan(void)
{
	return (struct net_plan){ .inside = eth1, .inside_n = 1, .http_ports = http_ports,
		.http_ports_n = 1, .tls_ports = tls_ports, .tls_ports_n = 1, .listen_http = 8080,
		.listen_tls = 8443, .mark = 0x5a11, .table = 5377 };
}

static char *text_of(const struct net_plan *p, int family)
{
	struct buf b;
	char *z;

	buf_init(&b, 1 << 20);
	ck_assert_int_eq(net_rules_text(p, family, &b), 0);
	z = strndup(buf_view(&b).p, buf_view(&b).n);
	buf_free(&b);
	return z;
}

START_TEST(the_whole_text_for_ipv4)
{
	static const char want[] =
	    "*mangle\n"
	    ":SALLYPORT - [0:0]\n"
	    ":SALLYPORT_DIVERT - [0:0]\n"
	    "-A SALLYPORT_DIVERT -j MARK --set-xmark 0x15a11/0x1ffff\n"
	    "-A SALLYPORT_DIVERT -j ACCEPT\n"
	    "-A SALLYPORT -m mark --mark 0x5a11/0x1ffff -j RETURN\n"
	    "-A SALLYPORT -p tcp ! --syn -m socket --transparent -j SALLYPORT_DIVERT\n"
	    "-A SALLYPORT -m addrtype --dst-type LOCAL,BROADCAST,ANYCAST,MULTICAST -j RETURN\n"
	    "-A SALLYPORT -i eth1 -p tcp --dport 80 -j TPROXY --on-port 8080 --tproxy-mark "
	    "0x15a11/0x1ffff\n"
	    "-A SALLYPORT -i eth1 -p tcp --dport 443 -j TPROXY --on-port 8443 --tproxy-mark "
	    "0x15a11/0x1ffff\n"
	    "-I PREROUTING 1 -p tcp -j SALLYPORT\n"
	    "COMMIT\n"
	    "*filter\n"
	    ":SALLYPORT_IN - [0:0]\n"
	    ":SALLYPORT_FWD - [0:0]\n"
	    ":SALLYPORT_OUT - [0:0]\n"
	    "-A SALLYPORT_IN -m mark --mark 0x15a11/0x1ffff -j ACCEPT\n"
	    "-A SALLYPORT_IN -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j REJECT "
	    "--reject-with tcp-reset\n"
	    "-A SALLYPORT_IN -p tcp --dport 8443 -m addrtype --dst-type LOCAL -j REJECT "
	    "--reject-with tcp-reset\n"
	    "-A SALLYPORT_FWD -i eth1 -p udp --dport 443 -j REJECT --reject-with "
	    "icmp-admin-prohibited\n"
	    "-A SALLYPORT_OUT -o eth1 -p icmp -m icmp --icmp-type 5 -j DROP\n"
	    "-I INPUT 1 -p tcp -j SALLYPORT_IN\n"
	    "-I FORWARD 1 -p udp -j SALLYPORT_FWD\n"
	    "-I OUTPUT 1 -p icmp -j SALLYPORT_OUT\n"
	    "COMMIT\n";
	struct net_plan p = plan();
	char *got = text_of(&p, 4);

	ck_assert_str_eq(got, want);
	free(got);
}
END_TEST

START_TEST(ipv6_uses_its_own_words)
{
	struct net_plan p = plan();
	char *got = text_of(&p, 6);

	ck_assert_ptr_null(strstr(got, "BROADCAST"));
	ck_assert_ptr_nonnull(strstr(got, "icmp6-adm-prohibited"));
	ck_assert_ptr_nonnull(strstr(got, "--icmpv6-type 137"));
	free(got);
}
END_TEST

START_TEST(all_ports_come_last_on_each_interface)
{
	struct net_plan p = plan();
	char *got, *http, *any;

	p.inside = both;
	p.inside_n = 2;
	p.all_ports = true;
	p.listen_any = 9000;
	got = text_of(&p, 4);
	http = strstr(got, "-i wlan0.7 -p tcp --dport 80 ");
	any = strstr(got, "-A SALLYPORT -i wlan0.7 -p tcp -j TPROXY --on-port 9000 ");
	ck_assert_ptr_nonnull(http);
	ck_assert_ptr_nonnull(any);
	ck_assert(http < any);
	ck_assert_ptr_nonnull(strstr(got, "--dport 9000 -m addrtype --dst-type LOCAL -j REJECT"));
	free(got);
}
END_TEST

START_TEST(without_tls_listener_its_ports_go_to_any_or_nowhere)
{
	struct net_plan p = plan();
	char *got;

	p.listen_tls = 0;
	got = text_of(&p, 4);
	ck_assert_ptr_null(strstr(got, "-p tcp --dport 443 -j TPROXY"));
	free(got);
	p.listen_any = 9000;
	got = text_of(&p, 4);
	ck_assert_ptr_nonnull(strstr(got, "--dport 443 -j TPROXY --on-port 9000 "));
	free(got);
}
END_TEST

START_TEST(q1_quic_is_rejected_for_each_tls_port_unless_configured_otherwise)
{
	struct net_plan p = plan();
	char *got;

	p.tls_ports_n = 2;
	got = text_of(&p, 4);
	ck_assert_ptr_nonnull(strstr(got, "-p udp --dport 443 -j REJECT"));
	ck_assert_ptr_nonnull(strstr(got, "-p udp --dport 8443 -j REJECT"));
	free(got);
	got = text_of(&p, 6);
	ck_assert_ptr_nonnull(strstr(got,
	    "-i eth1 -p udp --dport 443 -j REJECT --reject-with icmp6-adm-prohibited\n"));
	free(got);
	p.quic = NET_QUIC_DROP;
	got = text_of(&p, 4);
	ck_assert_ptr_nonnull(strstr(got, "-i eth1 -p udp --dport 443 -j DROP\n"));
	ck_assert_ptr_null(strstr(got, "icmp-admin-prohibited"));
	free(got);
	p.quic = NET_QUIC_ALLOW; /* only counted */
	got = text_of(&p, 4);
	ck_assert_ptr_nonnull(strstr(got, "-i eth1 -p udp --dport 443\n"));
	ck_assert_ptr_nonnull(strstr(got, "-i eth1 -p udp --dport 8443\n"));
	free(got);
}
END_TEST

static const struct {
	uint32_t mark, route, mask;
} marks[] = {
	{ 0x5a11, 0x15a11, 0x1ffff }, { 0x1, 0x10001, 0x1ffff }, { 0x15a11, 0x5a11, 0x1ffff },
	{ 0x20000, 0x30000, 0x3ffff }, { 0x80000001, 0x80010001, 0xffffffff },
};

START_TEST(the_routing_mark_differs_and_the_mask_covers_both)
{
	uint32_t m = marks[_i].mark;

	ck_assert_uint_eq(net_route_mark(m), marks[_i].route);
	ck_assert_uint_eq(net_mark_mask(m), marks[_i].mask);
}
END_TEST

static const struct {
	const char *name;
	bool good;
} names[] = {
	{ "eth0", true }, { "br-lan.7", true }, { "a", true }, { "fifteen_letters", true },
	{ "sixteen_letters_", false }, { "", false }, { "eth+", false }, { "-i", false },
	{ "a b", false }, { "a\nb", false }, { "!eth0", false }, { "a/b", false },
	{ "\"x\"", false },
};

START_TEST(interface_names_cannot_carry_anything_else)
{
	ck_assert_int_eq(net_if_name(names[_i].name), names[_i].good);
}
END_TEST

START_TEST(senseless_plans_are_refused)
{
	const char *const bad_name[] = { "eth0 -j ACCEPT" };
	struct net_plan p[8];
	struct buf b;

	for (int i = 0; i < 8; i++)
		p[i] = plan();
	p[0].inside_n = 0;
	p[1].inside = bad_name;
	p[2].mark = 0;
	p[3].table = 254;
	p[4].table = 0;
	p[5].all_ports = true;
	p[6].listen_http = p[6].listen_tls = 0;
	p[7].mark = 0x10000;
	buf_init(&b, 65536);
	for (int i = 0; i < 8; i++) {
		ck_assert_ptr_nonnull(net_plan_fault(&p[i]));
		ck_assert_int_eq(net_rules_text(&p[i], 4, &b), -ERR_CONFIG);
	}
	p[0] = plan();
	ck_assert_int_eq(net_rules_text(&p[0], 5, &b), -ERR_CONFIG);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
}
END_TEST

START_TEST(no_half_text_when_it_does_not_fit)
{
	struct net_plan p = plan();
	struct buf b = { .max = 600 };

	ck_assert_int_eq(net_rules_text(&p, 4, &b), -ERR_LIMIT);
	ck_assert_uint_eq(b.len, 0);
	buf_free(&b);
}
END_TEST

static const char saved[] = "# Generated by iptables-save\n"
			    "*nat\n"
			    ":PREROUTING ACCEPT [0:0]\n"
			    "-A PREROUTING -j SALLYPORT\n"
			    "COMMIT\n"
			    "*mangle\n"
			    ":PREROUTING ACCEPT [12:840]\n"
			    ":INPUT DROP [0:0]\n"
			    ":SALLYPORT - [0:0]\n"
			    ":SALLYPORT_OTHER - [0:0]\n"
			    ":SALLYPORT_DIVERT - [0:0]\n"
			    "-A PREROUTING -p tcp -j SALLYPORT\n"
			    "-A PREROUTING -m comment --comment \"-j SALLYPORT\" -j ACCEPT\n"
			    "-A PREROUTING -j SALLYPORT_OTHER\n"
			    "-A SALLYPORT_OTHER -g SALLYPORT\n"
			    "-A SALLYPORT -p tcp -m socket --transparent -j SALLYPORT_DIVERT\n"
			    "COMMIT\n";

START_TEST(only_what_is_ours_is_removed)
{
	static const char want[] = "*mangle\n"
				   "-D PREROUTING -p tcp -j SALLYPORT\n"
				   "-D SALLYPORT_OTHER -g SALLYPORT\n"
				   "-F SALLYPORT\n"
				   "-F SALLYPORT_DIVERT\n"
				   "-X SALLYPORT\n"
				   "-X SALLYPORT_DIVERT\n"
				   "COMMIT\n";
	struct buf b;

	buf_init(&b, 65536);
	ck_assert_int_eq(tables_remove_text(STR(saved), &b), 0);
	ck_assert_msg(str_eq(buf_view(&b), STR(want)), "%.*s", STR_FMT(buf_view(&b)));
	buf_free(&b);
}
END_TEST

START_TEST(a_refresh_replaces_the_jump_in_one_transaction)
{
	struct net_plan p = plan();
	struct str all, section;
	struct buf b;

	buf_init(&b, 65536);
	ck_assert_int_eq(rules_text_over(&p, 4, STR(saved), &b), 0);
	all = buf_view(&b);
	ck_assert(tables_section(all, "mangle", &section));
	ck_assert_ptr_nonnull(
	    memmem(section.p, section.n, "-D PREROUTING -p tcp -j SALLYPORT\n", 34));
	ck_assert_ptr_nonnull(
	    memmem(section.p, section.n, "-I PREROUTING 1 -p tcp -j SALLYPORT\n", 36));
	ck_assert(tables_section(all, "filter", &section));
	ck_assert_ptr_null(memmem(section.p, section.n, "-D ", 3));
	buf_free(&b);
}
END_TEST

START_TEST(a_builtin_chain_is_idle_without_rules_and_with_policy_accept)
{
	struct str section;

	ck_assert(tables_section(STR(saved), "mangle", &section));
	ck_assert(!tables_base_idle(section, STR("PREROUTING")));
	ck_assert(!tables_base_idle(section, STR("INPUT")));
	ck_assert(!tables_base_idle(section, STR("OUTPUT")));
	ck_assert(!tables_section(STR(saved), "filter", &section));
	ck_assert(!tables_section(STR("*filter\n:INPUT ACCEPT [0:0]\n"), "filter", &section));
}
END_TEST

/* ---- the journal ---- */

static char dir[64];

static void make_dir(void)
{
	strcpy(dir, "/tmp/sallyport-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/network.journal", dir);
	unlink(path);
	rmdir(dir);
}

static struct journal *must_open(bool create)
{
	struct journal *j = NULL;
	char why[256] = "";
	int r = journal_open(dir, create, &j, why, sizeof(why));

	ck_assert_msg(r == 0, "%s", why);
	return j;
}

/* Overwrite or append bytes of the file behind the journal's back. */
static void tamper(const char *bytes, long at)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/network.journal", dir);
	ck_assert_ptr_nonnull(f = fopen(path, "r+"));
	fseek(f, at < 0 ? 0 : at, at < 0 ? SEEK_END : SEEK_SET);
	fputs(bytes, f);
	fclose(f);
}

START_TEST(a_line_cut_off_by_a_crash_never_happened)
{
	struct journal *j = must_open(true);

	ck_assert_int_eq(journal_add(j, "rules 4"), 0);
	journal_free(j);
	tamper("rules 6", -1);
	j = must_open(false);
	ck_assert(journal_has(j, "rules 4"));
	ck_assert(!journal_has(j, "rules 6"));
	ck_assert_int_eq(journal_add(j, "route 6"), 0);
	journal_free(j);
	j = must_open(false);
	ck_assert(str_eq(journal_text(j), STR("rules 4\nroute 6\n")));
	ck_assert_int_eq(journal_remove(j), 0);
	journal_free(j);
	ck_assert_ptr_null(must_open(false));
}
END_TEST

START_TEST(a_journal_of_an_earlier_boot_is_void)
{
	struct journal *j = must_open(true);

	ck_assert_int_eq(journal_add(j, "rules 4"), 0);
	journal_free(j);
	tamper("zzzz", sizeof("sallyport-network 1 ") - 1);
	j = must_open(false);
	ck_assert_uint_eq(journal_text(j).n, 0);
	journal_free(j);
}
END_TEST

START_TEST(a_journal_of_another_namespace_is_refused)
{
	struct journal *j = must_open(true);
	char why[256];

	journal_free(j);
	tamper("99\n", -1); /* a line of rubbish first, then the number in the header changes */
	tamper("z", sizeof("sallyport-network 1 ") - 1 + 37);
	ck_assert_int_eq(journal_open(dir, false, &j, why, sizeof(why)), -ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "namespace"));
}
END_TEST

START_TEST(words_match_whole_words)
{
	struct journal *j = must_open(true);

	ck_assert_int_eq(journal_add(j, "sysctl ipv4/conf/eth10/forwarding 0 1"), 0);
	ck_assert(journal_has(j, "sysctl ipv4/conf/eth10/forwarding"));
	ck_assert(!journal_has(j, "sysctl ipv4/conf/eth1"));
	journal_free(j);
}
END_TEST

/* ---- the real thing, in a namespace of our own ---- */

static bool own_network(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET) != 0)
		return false;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
	return access("/usr/sbin/iptables-save", X_OK) == 0;
}

static void add_output(struct buf *b, const char *const *argv)
{
	char why[256] = "";
	int r = tool_run(argv, STR_NONE, b, why, sizeof(why));

	ck_assert_msg(r == 0 || r == -ERR_SYSTEM, "%s", why);
}

static void snapshot(struct buf *b)
{
	static const char *const commands[][7] = {
		{ "iptables-save" }, { "ip6tables-save" }, { "ip", "-4", "rule" },
		{ "ip", "-6", "rule" }, { "ip", "-4", "route", "show", "table", "all" },
		{ "sysctl", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding" },
		{ "sysctl", "net.ipv6.conf.lo.accept_ra" },
	};

	buf_init(b, 1 << 20);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		add_output(b, commands[i]);
}

static void same(struct buf *before)
{
	struct buf now;

	snapshot(&now);
	ck_assert_msg(str_eq(buf_view(before), buf_view(&now)), "before:\n%.*s\nafter:\n%.*s",
	    STR_FMT(buf_view(before)), STR_FMT(buf_view(&now)));
	buf_free(&now);
}

static void must_down(void)
{
	char why[256] = "";

	ck_assert_msg(net_down(dir, why, sizeof(why)) == 0, "%s", why);
}

static void must_up(const struct net_plan *p)
{
	char why[256] = "";

	ck_assert_msg(net_up(p, dir, why, sizeof(why)) == 0, "%s", why);
}

START_TEST(down_undoes_up_exactly)
{
	struct net_plan p = plan(), other = plan();
	struct buf before;

	if (!own_network())
		return;
	snapshot(&before);
	ck_assert(!net_is_up(dir));
	must_up(&p);
	ck_assert(net_is_up(dir));
	must_up(&p);
	other.mark = 0x77;
	other.inside = both;
	other.inside_n = 2;
	must_up(&other);
	must_down();
	same(&before);
	must_down();
	buf_free(&before);
}
END_TEST

/* Begin to go up or down in a process that dies after some microseconds, then go down. */
static void die_within(const struct net_plan *p, unsigned us)
{
	char why[256];
	pid_t pid = fork();

	if (pid == 0) {
		if (p != NULL)
			net_up(p, dir, why, sizeof(why));
		else
			net_down(dir, why, sizeof(why));
		_exit(0);
	}
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	must_down();
}

START_TEST(killed_anywhere_down_restores)
{
	struct net_plan p = plan();
	struct buf before;

	if (!own_network())
		return;
	snapshot(&before);
	for (unsigned us = 0; us < 60000; us += 2500) {
		die_within(&p, us);
		same(&before);
		must_up(&p);
		die_within(NULL, us);
		same(&before);
	}
	buf_free(&before);
}
END_TEST

START_TEST(a_failing_up_leaves_nothing)
{
	static const char *const add[] = { "ip", "route", "add", "blackhole", "10.9.0.0/16",
		"table", "5377", NULL };
	struct net_plan p = plan();
	struct buf before, none;
	char why[256] = "";

	if (!own_network())
		return;
	buf_init(&none, 4096);
	add_output(&none, add);
	buf_free(&none);
	snapshot(&before);
	ck_assert_int_eq(net_up(&p, dir, why, sizeof(why)), -ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "5377"));
	ck_assert(!net_is_up(dir));
	same(&before);
	buf_free(&before);
}
END_TEST

START_TEST(a_trial_of_the_kernel_leaves_nothing)
{
	struct net_plan p = plan();
	struct buf before;
	char why[256] = "";

	if (!own_network())
		return;
	snapshot(&before);
	ck_assert_msg(net_probe(&p, why, sizeof(why)) == 0, "%s", why);
	same(&before);
	buf_free(&before);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("rules");
	TCase *text = tcase_create("text"), *disk = tcase_create("journal"),
	      *real = tcase_create("kernel");

	tcase_add_test(text, the_whole_text_for_ipv4);
	tcase_add_test(text, ipv6_uses_its_own_words);
	tcase_add_test(text, all_ports_come_last_on_each_interface);
	tcase_add_test(text, without_tls_listener_its_ports_go_to_any_or_nowhere);
	tcase_add_test(text, q1_quic_is_rejected_for_each_tls_port_unless_configured_otherwise);
	tcase_add_loop_test(text, the_routing_mark_differs_and_the_mask_covers_both, 0,
	    sizeof(marks) / sizeof(marks[0]));
	tcase_add_loop_test(
	    text, interface_names_cannot_carry_anything_else, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_test(text, senseless_plans_are_refused);
	tcase_add_test(text, no_half_text_when_it_does_not_fit);
	tcase_add_test(text, only_what_is_ours_is_removed);
	tcase_add_test(text, a_refresh_replaces_the_jump_in_one_transaction);
	tcase_add_test(text, a_builtin_chain_is_idle_without_rules_and_with_policy_accept);
	tcase_add_checked_fixture(disk, make_dir, remove_dir);
	tcase_add_test(disk, a_line_cut_off_by_a_crash_never_happened);
	tcase_add_test(disk, a_journal_of_an_earlier_boot_is_void);
	tcase_add_test(disk, a_journal_of_another_namespace_is_refused);
	tcase_add_test(disk, words_match_whole_words);
	tcase_add_checked_fixture(real, make_dir, remove_dir);
	tcase_set_timeout(real, 120);
	tcase_add_test(real, down_undoes_up_exactly);
	tcase_add_test(real, killed_anywhere_down_restores);
	tcase_add_test(real, a_failing_up_leaves_nothing);
	tcase_add_test(real, a_trial_of_the_kernel_leaves_nothing);
	suite_add_tcase(s, text);
	suite_add_tcase(s, disk);
	suite_add_tcase(s, real);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
