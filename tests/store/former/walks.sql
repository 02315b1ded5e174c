BEGIN TRANSACTION;
CREATE TABLE exporter (created REAL NOT NULL);
INSERT INTO "exporter" VALUES(1767636120.0);
CREATE TABLE gauge (
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL, value NOT NULL, read_at REAL NOT NULL,
        PRIMARY KEY (stream_id, metric, labels)
    ) WITHOUT ROWID;
INSERT INTO "gauge" VALUES(1,'github_api_subject_last_rate_limited_timestamp_seconds','["installation", "GitHub Actions"]',1767625929,1767895440.0);
INSERT INTO "gauge" VALUES(1,'github_api_subject_last_rate_limited_timestamp_seconds','["user", "octo-jane"]',1767625620,1767895440.0);
INSERT INTO "gauge" VALUES(1,'github_api_subject_last_request_timestamp_seconds','["installation", "GitHub Actions"]',1767626043,1767895440.0);
INSERT INTO "gauge" VALUES(1,'github_api_subject_last_request_timestamp_seconds','["installation", "renovate"]',1767625320,1767895440.0);
INSERT INTO "gauge" VALUES(1,'github_api_subject_last_request_timestamp_seconds','["user", "octo-jane"]',1767626013,1767895440.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_active_users','["Platform"]',6,1767787324.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_agent_active_users','["Platform"]',4,1767787324.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_automation_factor_ratio','["Platform"]',0.423,1767787324.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_chat_active_users','["Platform"]',6,1767787324.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_chat_consumption_ratio','["Platform"]',0.518,1767787324.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_completion_active_users','["Platform"]',5,1767787324.0);
INSERT INTO "gauge" VALUES(2,'tabnine_team_productivity_factor_ratio','["Platform"]',0.43,1767787324.0);
INSERT INTO "gauge" VALUES(3,'assistant_seats','[]',2000,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_license_expiry_timestamp_seconds','[]',1861920000,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_license_issued_timestamp_seconds','[]',1735806729,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_license_seats','[]',2000,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_license_seats_cap','[]',2200,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_organization_info','["5f0c2a7e-1b7d-4c0e-9a51-3f2d6f0e8a10", "Example Org", "Enterprise", "false", "true", "true", "false"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_permission_users','["Admin"]',2,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_info','["Default Team", "b1d5a3f0-0c11-4f7a-8a51-000000000002", "true"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_info','["Platform", "b1d5a3f0-0c11-4f7a-8a51-000000000001", "false"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_info','["QA \"Blue\" Team", "b1d5a3f0-0c11-4f7a-8a51-000000000003", "false"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_pending_invitations','["QA \"Blue\" Team"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_seats_cap','["QA \"Blue\" Team"]',10,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_users','["Default Team", "Member", "true"]',0,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_users','["Platform", "Member", "false"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_users','["Platform", "TeamLead", "true"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_users','["QA \"Blue\" Team", "Member", "true"]',2,1767787272.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["Default Team", "deactivated"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["Default Team", "invited"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["Default Team", "registered"]',5,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["Platform", "deactivated"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["Platform", "invited"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["Platform", "registered"]',5,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["QA \"Blue\" Team", "deactivated"]',1,1767787272.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["QA \"Blue\" Team", "invited"]',1,1767787272.0);
INSERT INTO "gauge" VALUES(3,'tabnine_team_utilization_users','["QA \"Blue\" Team", "registered"]',5,1767787272.0);
INSERT INTO "gauge" VALUES(3,'tabnine_unassigned_users','["false"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_unassigned_users','["true"]',1,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_utilization_month_timestamp_seconds','[]',1767225600,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_utilization_users','["active"]',95,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_utilization_users','["deactivated"]',6,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_utilization_users','["pending"]',2,1767787884.0);
INSERT INTO "gauge" VALUES(3,'tabnine_utilization_users','["registered"]',130,1767787884.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_consumed_usd','["organization", "acme: actions"]','412.75',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_consumed_usd','["user", "hubber-ali"]','0.25',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_consumed_usd','["user", "octo-jane"]','12.5',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_licenses','["organization", "acme: ghas_licenses"]','40',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_usd','["organization", "acme: actions"]','1000',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_usd','["repository", "acme/api: actions_linux"]','500',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_usd','["user", "hubber-ali"]','70',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_budget_usd','["user", "octo-jane"]','50',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_month_net_usd','["Actions"]','0.7',1767695520.0);
INSERT INTO "gauge" VALUES(4,'github_billing_month_net_usd','["Copilot"]','4.33871',1767695520.0);
CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL,
        created REAL NOT NULL, counter NOT NULL, debt NOT NULL, released INTEGER NOT NULL,
        UNIQUE (stream_id, metric, labels)
    );
INSERT INTO "series" VALUES(1,1,'github_api_route_requests_total','["installation", "GitHub Actions", "GET", "/repositories/:repository_id"]',1767636120.0,54000,0,1);
INSERT INTO "series" VALUES(2,1,'github_api_route_requests_total','["installation", "GitHub Actions", "POST", "/repositories/:repository_id/check-runs"]',1767636120.0,466,0,1);
INSERT INTO "series" VALUES(3,1,'github_api_rate_limited_requests_total','[]',1767636120.0,32,0,1);
INSERT INTO "series" VALUES(4,1,'github_api_actor_requests_total','["installation", "771"]',1767636120.0,133,0,1);
INSERT INTO "series" VALUES(5,1,'github_api_route_rate_limited_requests_total','["classic_pat", "jane-laptop", "GET", "/user/repos"]',1767636120.0,19,0,1);
INSERT INTO "series" VALUES(6,1,'github_api_user_requests_total','["octo-jane", "classic_pat", "jane-laptop"]',1767636120.0,33800,0,1);
INSERT INTO "series" VALUES(7,1,'github_api_subject_requests_total','["installation", "GitHub Actions"]',1767636120.0,54466,0,1);
INSERT INTO "series" VALUES(8,1,'github_api_subject_requests_total','["installation", "renovate"]',1767636120.0,133,0,1);
INSERT INTO "series" VALUES(9,1,'github_api_subject_requests_total','["user", "octo-jane"]',1767636120.0,33800,0,1);
INSERT INTO "series" VALUES(10,1,'github_api_route_requests_total','["classic_pat", "jane-laptop", "GET", "/user/repos"]',1767636120.0,33800,0,1);
INSERT INTO "series" VALUES(11,1,'github_api_subject_rate_limited_requests_total','["installation", "GitHub Actions"]',1767636120.0,13,0,1);
INSERT INTO "series" VALUES(12,1,'github_api_subject_rate_limited_requests_total','["installation", "renovate"]',1767636120.0,0,0,1);
INSERT INTO "series" VALUES(13,1,'github_api_actor_rate_limited_requests_total','["installation", "771"]',1767636120.0,0,0,1);
INSERT INTO "series" VALUES(14,1,'github_api_route_rate_limited_requests_total','["installation", "GitHub Actions", "POST", "/repositories/:repository_id/check-runs"]',1767636120.0,0,0,1);
INSERT INTO "series" VALUES(15,1,'github_api_route_rate_limited_requests_total','["installation", "GitHub Actions", "GET", "/repositories/:repository_id"]',1767636120.0,13,0,1);
INSERT INTO "series" VALUES(16,1,'github_api_user_rate_limited_requests_total','["octo-jane", "classic_pat", "jane-laptop"]',1767636120.0,19,0,1);
INSERT INTO "series" VALUES(17,1,'github_api_requests_total','[]',1767636120.0,88406,7,1);
INSERT INTO "series" VALUES(18,1,'github_api_subject_rate_limited_requests_total','["user", "octo-jane"]',1767636120.0,19,0,1);
INSERT INTO "series" VALUES(19,2,'tabnine_team_instructions_accepted_total','["Platform"]',1767787202.0,77,0,1);
INSERT INTO "series" VALUES(20,2,'tabnine_team_completions_total','["Platform"]',1767787202.0,328,7,1);
INSERT INTO "series" VALUES(21,2,'tabnine_team_chat_useful_interactions_total','["Platform"]',1767787202.0,420,0,1);
INSERT INTO "series" VALUES(22,2,'tabnine_team_keystrokes_total','["Platform"]',1767787202.0,38100,0,1);
INSERT INTO "series" VALUES(23,2,'tabnine_team_chat_lines_total','["Platform"]',1767787202.0,1002,0,1);
INSERT INTO "series" VALUES(24,2,'tabnine_team_agent_lines_added_accepted_total','["Platform"]',1767787202.0,20500,0,1);
INSERT INTO "series" VALUES(25,2,'tabnine_team_agent_lines_removed_total','["Platform"]',1767787202.0,1200,0,1);
INSERT INTO "series" VALUES(26,2,'tabnine_team_completion_characters_total','["Platform"]',1767787202.0,27910,0,1);
INSERT INTO "series" VALUES(27,2,'tabnine_team_chat_characters_total','["Platform"]',1767787202.0,700,0,1);
INSERT INTO "series" VALUES(28,2,'tabnine_team_chat_interactions_total','["Platform"]',1767787202.0,811,0,1);
INSERT INTO "series" VALUES(29,2,'tabnine_team_agent_lines_added_total','["Platform"]',1767787202.0,21000,0,1);
INSERT INTO "series" VALUES(30,2,'tabnine_team_agent_interactions_total','["Platform"]',1767787202.0,300,0,1);
INSERT INTO "series" VALUES(31,2,'tabnine_team_completion_lines_total','["Platform"]',1767787202.0,936,0,1);
INSERT INTO "series" VALUES(32,2,'tabnine_team_agent_lines_removed_accepted_total','["Platform"]',1767787202.0,1150,0,1);
INSERT INTO "series" VALUES(33,4,'github_billing_quantity_total','["Packages", "Packages data transfer", "acme", "gigabytes"]',1767695400.0,'2.25',0,1);
INSERT INTO "series" VALUES(34,4,'github_billing_discount_usd_total','["Copilot", "Copilot Business", "acme"]',1767695400.0,0,0,1);
INSERT INTO "series" VALUES(35,4,'github_billing_net_usd_total','["Copilot", "Copilot AI Credits", "acme"]',1767695400.0,'2.5',0,1);
INSERT INTO "series" VALUES(36,4,'github_billing_gross_usd_total','["Actions", "Actions Linux", "acme"]',1767695400.0,'0.9',0,1);
INSERT INTO "series" VALUES(37,4,'github_billing_discount_usd_total','["Packages", "Packages data transfer", "acme"]',1767695400.0,0,0,1);
INSERT INTO "series" VALUES(38,4,'github_billing_gross_usd_total','["Copilot", "Copilot Business", "acme"]',1767695400.0,'1.83871',0,1);
INSERT INTO "series" VALUES(39,4,'github_billing_net_usd_total','["Actions", "Actions Linux", "acme"]',1767695400.0,'0.7',0,1);
INSERT INTO "series" VALUES(40,4,'github_billing_quantity_total','["Copilot", "Copilot Business", "acme", "user-months"]',1767695400.0,'3',0,1);
INSERT INTO "series" VALUES(41,4,'github_billing_net_usd_total','["Copilot", "Copilot Business", "acme"]',1767695400.0,'1.83871',0,1);
INSERT INTO "series" VALUES(42,4,'github_billing_discount_usd_total','["Copilot", "Copilot AI Credits", "acme"]',1767695400.0,'0.005',0,1);
INSERT INTO "series" VALUES(43,4,'github_billing_gross_usd_total','["Packages", "Packages data transfer", "acme"]',1767695400.0,'1.125',0,1);
INSERT INTO "series" VALUES(44,4,'assistant_cost_usd_total','[]',1767695400.0,'4.33871',0,1);
INSERT INTO "series" VALUES(45,4,'github_billing_quantity_total','["Copilot", "Copilot AI Credits", "acme", "ai-credits"]',1767695400.0,'250.5',0,1);
INSERT INTO "series" VALUES(46,4,'github_billing_quantity_total','["Actions", "Actions Linux", "acme", "minutes"]',1767695400.0,157,'7',1);
INSERT INTO "series" VALUES(47,4,'github_billing_net_usd_total','["Packages", "Packages data transfer", "acme"]',1767695400.0,'1.125',0,1);
INSERT INTO "series" VALUES(48,4,'github_billing_gross_usd_total','["Copilot", "Copilot AI Credits", "acme"]',1767695400.0,'2.505',0,1);
INSERT INTO "series" VALUES(49,4,'github_billing_discount_usd_total','["Actions", "Actions Linux", "acme"]',1767695400.0,'0.2',0,1);
CREATE TABLE slot (
        series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
        start INTEGER NOT NULL, identity TEXT NOT NULL, value NOT NULL,
        PRIMARY KEY (series_id, start, identity)
    ) WITHOUT ROWID;
INSERT INTO "slot" VALUES(1,1767571200,'"installation:954453:GET /repositories/:repository_id"',54000);
INSERT INTO "slot" VALUES(2,1767571200,'"installation:954453:POST /repositories/:repository_id/check-runs"',466);
INSERT INTO "slot" VALUES(3,1767625500,'""',18);
INSERT INTO "slot" VALUES(3,1767625800,'""',14);
INSERT INTO "slot" VALUES(4,1767625200,'"installation:771:"',133);
INSERT INTO "slot" VALUES(5,1767571200,'"classic_pat:90210:GET /user/repos"',19);
INSERT INTO "slot" VALUES(6,1767571200,'"4711:classic_pat:90210"',33800);
INSERT INTO "slot" VALUES(7,1767571200,'"installation:954453"',54466);
INSERT INTO "slot" VALUES(8,1767571200,'"installation:771"',133);
INSERT INTO "slot" VALUES(9,1767571200,'"user:4711"',33800);
INSERT INTO "slot" VALUES(10,1767571200,'"classic_pat:90210:GET /user/repos"',33800);
INSERT INTO "slot" VALUES(11,1767571200,'"installation:954453"',13);
INSERT INTO "slot" VALUES(15,1767571200,'"installation:954453:GET /repositories/:repository_id"',13);
INSERT INTO "slot" VALUES(16,1767571200,'"4711:classic_pat:90210"',19);
INSERT INTO "slot" VALUES(17,1767625200,'""',34225);
INSERT INTO "slot" VALUES(17,1767625500,'""',10587);
INSERT INTO "slot" VALUES(17,1767625800,'""',43587);
INSERT INTO "slot" VALUES(18,1767571200,'"user:4711"',19);
INSERT INTO "slot" VALUES(19,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',77);
INSERT INTO "slot" VALUES(20,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',312);
INSERT INTO "slot" VALUES(20,1767744000,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',9);
INSERT INTO "slot" VALUES(21,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',420);
INSERT INTO "slot" VALUES(22,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',36900);
INSERT INTO "slot" VALUES(22,1767744000,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',1200);
INSERT INTO "slot" VALUES(23,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',1002);
INSERT INTO "slot" VALUES(24,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',20500);
INSERT INTO "slot" VALUES(25,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',1200);
INSERT INTO "slot" VALUES(26,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',27100);
INSERT INTO "slot" VALUES(26,1767744000,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',810);
INSERT INTO "slot" VALUES(27,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',700);
INSERT INTO "slot" VALUES(28,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',811);
INSERT INTO "slot" VALUES(29,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',21000);
INSERT INTO "slot" VALUES(30,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',300);
INSERT INTO "slot" VALUES(31,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',905);
INSERT INTO "slot" VALUES(31,1767744000,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',31);
INSERT INTO "slot" VALUES(32,1767657600,'"b1d5a3f0-0c11-4f7a-8a51-000000000001:"',1150);
INSERT INTO "slot" VALUES(33,1767484800,'"all:Packages\u001fPackages data transfer\u001facme\u001fgigabytes"','2.25');
INSERT INTO "slot" VALUES(35,1767571200,'"all:Copilot\u001fCopilot AI Credits\u001facme"','2.5');
INSERT INTO "slot" VALUES(36,1767484800,'"all:Actions\u001fActions Linux\u001facme"','0.9');
INSERT INTO "slot" VALUES(38,1767657600,'"all:Copilot\u001fCopilot Business\u001facme"','1.83871');
INSERT INTO "slot" VALUES(39,1767484800,'"all:Actions\u001fActions Linux\u001facme"','0.7');
INSERT INTO "slot" VALUES(40,1767657600,'"all:Copilot\u001fCopilot Business\u001facme\u001fuser-months"','3');
INSERT INTO "slot" VALUES(41,1767657600,'"all:Copilot\u001fCopilot Business\u001facme"','1.83871');
INSERT INTO "slot" VALUES(42,1767571200,'"all:Copilot\u001fCopilot AI Credits\u001facme"','0.005');
INSERT INTO "slot" VALUES(43,1767484800,'"all:Packages\u001fPackages data transfer\u001facme"','1.125');
INSERT INTO "slot" VALUES(44,1767571200,'"all:"','2.5');
INSERT INTO "slot" VALUES(44,1767657600,'"all:"','1.83871');
INSERT INTO "slot" VALUES(45,1767571200,'"all:Copilot\u001fCopilot AI Credits\u001facme\u001fai-credits"','250.5');
INSERT INTO "slot" VALUES(46,1767484800,'"all:Actions\u001fActions Linux\u001facme\u001fminutes"','150');
INSERT INTO "slot" VALUES(47,1767484800,'"all:Packages\u001fPackages data transfer\u001facme"','1.125');
INSERT INTO "slot" VALUES(48,1767571200,'"all:Copilot\u001fCopilot AI Credits\u001facme"','2.505');
INSERT INTO "slot" VALUES(49,1767484800,'"all:Actions\u001fActions Linux\u001facme"','0.2');
CREATE TABLE stream (
        id INTEGER PRIMARY KEY,
        vendor TEXT NOT NULL, account TEXT NOT NULL, stream TEXT NOT NULL,
        horizon INTEGER, read_until REAL, started TEXT NOT NULL, progress TEXT NOT NULL,
        last_success REAL, data_until REAL, empty INTEGER NOT NULL, privacy TEXT NOT NULL,
        UNIQUE (vendor, account, stream)
    );
INSERT INTO "stream" VALUES(1,'github','acme','api_insights',1767571200,1767636240.0,'["github_api_actor_rate_limited_requests_total", "github_api_actor_requests_total", "github_api_rate_limited_requests_total", "github_api_requests_total", "github_api_route_rate_limited_requests_total", "github_api_route_requests_total", "github_api_subject_rate_limited_requests_total", "github_api_subject_requests_total", "github_api_user_rate_limited_requests_total", "github_api_user_requests_total"]','{"catch_up": {"began": 1767895440.0, "read_at": 1767895440.0, "until": 1767657600}}',1767636240.0,1767626100.0,0,'2459f658af6eea55');
INSERT INTO "stream" VALUES(2,'tabnine','acme','team_usage',1767139200,1767787324.0,'["tabnine_team_agent_interactions_total", "tabnine_team_agent_lines_added_accepted_total", "tabnine_team_agent_lines_added_total", "tabnine_team_agent_lines_removed_accepted_total", "tabnine_team_agent_lines_removed_total", "tabnine_team_chat_characters_total", "tabnine_team_chat_interactions_total", "tabnine_team_chat_lines_total", "tabnine_team_chat_useful_interactions_total", "tabnine_team_completion_characters_total", "tabnine_team_completion_lines_total", "tabnine_team_completions_total", "tabnine_team_instructions_accepted_total", "tabnine_team_keystrokes_total"]','{}',1767787324.0,1767787324.0,0,'2459f658af6eea55');
INSERT INTO "stream" VALUES(3,'tabnine','acme','organization',1767744000,1767787272.0,'[]','{"walk": {"began": 1767787884.0, "start": 1767744000, "after": "Platform"}}',1767787272.0,NULL,0,'2459f658af6eea55');
INSERT INTO "stream" VALUES(4,'github','acme','billing_usage',1767052800,1767695520.0,'["assistant_cost_usd_total", "github_billing_discount_usd_total", "github_billing_gross_usd_total", "github_billing_net_usd_total", "github_billing_quantity_total"]','{}',1767695520.0,1767695520.0,0,'2459f658af6eea55');
COMMIT;
PRAGMA user_version = 1;
