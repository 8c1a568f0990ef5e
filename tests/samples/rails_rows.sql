-- Rows as the booking app really leaves them: after rails_schema.sql. Tests name rows by their ids.
--
--   business 1  Harbor & Pine (staff 11-17, services 101-109, customers 501-508, bookings 10001 and up)
--   business 2  the stranger (staff 21-23, services 201-202, customers 601-602, bookings 20001 and up)
--   business 3  without staff; 4 closed; 5 and 6 with no zone, an unknown one
--   bookings 30001 and up belong to nobody any more
--
-- Times are UTC. "Past" is spring 2025, "future" June 2031 (the 2nd is a Monday; New York is then UTC-4), so
-- that both stay what they are. A comment before a row says what is odd about it; the others are ordinary.

INSERT INTO public.businesses
    (id, name, time_zone, address, city, state, zip, phone, email, industry, subdomain, active, status,
     created_at, updated_at)
VALUES
    -- Rails' own name for a zone, not IANA's; an ampersand in the name.
    (1, 'Harbor & Pine Wellness', 'Eastern Time (US & Canada)', '8 Wharf Street', 'Portland', 'ME', '04101',
     '+12075550100', 'hello@harborpine.example', 'massage_therapy', 'harborpine', true, 'active',
     '2025-01-10 15:00:00', '2025-05-01 09:30:00.123456'),
    -- "UTC" means "nobody has configured it yet"; the address is half filled in.
    (2, 'Sierra Nails', 'UTC', NULL, 'Reno', 'NV', '', '+17755550101', 'owner@sierranails.example',
     'hair_salons',
     'sierranails', true, 'active', '2025-01-11 15:00:00', '2025-01-11 15:00:00'),
    -- Just signed up: no staff, no services; spaces round the name, the zone is IANA's.
    (3, '  Prairie Pilates ', 'America/Chicago', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'prairie', true,
     'active',
     '2025-02-01 15:00:00', '2025-02-01 15:00:00'),
    -- Closed; a Rails zone with a quarter of an hour in its offset.
    (4, 'Himal Trekking', 'Kathmandu', '1 "Thamel" Marg', 'Kathmandu', '', '44600', NULL, NULL, NULL,
     'himal', false,
     'inactive', '2024-02-01 15:00:00', '2025-02-01 15:00:00'),
    -- No zone at all: the column may be NULL.
    (5, 'Nowhere Yoga', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'nowhere', true, 'active',
     '2025-02-02 15:00:00', '2025-02-02 15:00:00'),
    -- A zone that neither Rails nor IANA knows, from before the validation.
    (6, 'Atlantis Spa', 'Atlantis/Capital', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'atlantis', true,
     'active',
     '2025-02-03 15:00:00', '2025-02-03 15:00:00');

INSERT INTO public.users
    (id, email, role, business_id, active, first_name, last_name, phone, encrypted_password, created_at,
     updated_at)
VALUES
    (1, 'maria@harborpine.example', 1, 1, true, 'Maria', 'Santos', NULL, '$2a$12$not-a-real-bcrypt-hash',
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- The phone is encrypted by Active Record: a JSON envelope.
    (2, 'ben@harborpine.example', 2, 1, true, 'Ben', 'O''Neil',
     '{"p":"c2FtcGxl","h":{"iv":"c2FtcGxlLWl2LTEy","at":"c2FtcGxlLXRhZy0xNmI="}}',
     '$2a$12$not-a-real-bcrypt-hash', '2025-01-10 16:00:00', '2025-01-10 16:00:00'),
    (3, 'owner@sierranails.example', 1, 2, true, 'Kim', 'Tran', NULL, '$2a$12$not-a-real-bcrypt-hash',
     '2025-01-11 15:00:00', '2025-01-11 15:00:00'),
    -- A client belongs to no business.
    (4, 'client@example.com', 3, NULL, true, 'Carl', 'Client', NULL, '$2a$12$not-a-real-bcrypt-hash',
     '2025-01-12 15:00:00', '2025-01-12 15:00:00'),
    -- Role 0 is the retired admin; it must open nothing.
    (5, 'admin@bookingapp.example', 0, NULL, true, NULL, NULL, NULL, '', '2024-01-12 15:00:00',
     '2024-01-12 15:00:00'),
    -- Switched off, but still linked to a staff member.
    (6, 'tom@harborpine.example', 2, 1, false, 'Tom', 'Gone', NULL, '', '2025-01-10 17:00:00',
     '2025-03-10 17:00:00'),
    -- A staff user without a staff member.
    (7, 'desk@harborpine.example', 2, 1, true, 'Front', 'Desk', NULL, '', '2025-01-10 18:00:00',
     '2025-01-10 18:00:00');

INSERT INTO public.staff_members
    (id, business_id, user_id, name, email, phone, "position", active, availability, specialties, color,
     status, created_at, updated_at)
VALUES
    (11, 1, 1, 'Maria Santos', 'maria@harborpine.example', '+12075550111', 'Owner', true,
     '{"monday": [{"start": "09:00", "end": "17:00"}], "tuesday": [{"start": "09:00", "end": "17:00"}],
       "wednesday": [{"start": "09:00", "end": "17:00"}], "thursday": [{"start": "09:00", "end": "17:00"}],
       "friday": [{"start": "09:00", "end": "17:00"}], "saturday": [], "sunday": [], "exceptions": {}}',
     '{massage,"hot stone"}', '#0f766e', 0, '2025-01-10 15:00:00', '2025-05-01 10:00:00'),
    -- Split shifts; a day off, a day with other hours, and a Sunday opened by an exception.
    (12, 1, 2, 'Ben O''Neil', 'ben@harborpine.example', NULL, NULL, true,
     '{"monday": [{"start": "08:00", "end": "12:00"}, {"start": "13:30", "end": "18:00"}],
       "tuesday": [{"start": "08:00", "end": "12:00"}, {"start": "13:30", "end": "18:00"}],
       "saturday": [{"start": "10:00", "end": "14:00"}],
       "exceptions": {"2031-06-03": [], "2031-06-09": [{"start": "10:00", "end": "11:00"}],
                      "2031-06-08": [{"start": "12:00", "end": "16:00"}]}}',
     '{}', NULL, NULL, '2025-01-10 16:00:00', '2025-05-01 10:00:00'),
    -- No user and no e-mail: cannot sign in anywhere, is booked all the same. Whole days: 23:59 means 24:00.
    (13, 1, NULL, 'Lena', NULL, NULL, NULL, true,
     '{"monday": [{"start": "00:00", "end": "23:59"}], "friday": [{"start": "00:00", "end": "23:59"}]}',
     NULL, NULL, NULL, '2025-01-10 16:30:00', '2025-01-10 16:30:00'),
    -- Inactive, with a future booking left.
    (14, 1, 6, 'Tom Gone', 'tom@harborpine.example', NULL, NULL, false,
     '{"monday": [{"start": "09:00", "end": "17:00"}]}', '{}', NULL, NULL, '2025-01-10 17:00:00',
     '2025-03-10 17:00:00'),
    -- Availability NULL: never available. active NULL: the column allows it.
    (15, 1, NULL, 'New Person', 'new@harborpine.example', NULL, NULL, NULL, NULL, '{}', NULL, NULL,
     '2025-05-10 17:00:00', '2025-05-10 17:00:00'),
    -- Hours from before the validation: overnight, one-digit, reversed, a wrong key, a wrong type, and null.
    (16, 1, NULL, 'Old Hours', 'old@harborpine.example', NULL, NULL, true,
     '{"Monday": [{"start": "22:00", "end": "02:00"}], "tuesday": [{"start": "9:00", "end": "17:00"}],
       "wednesday": [{"start": "17:00", "end": "09:00"}], "thursday": "09:00-17:00",
       "friday": [{"start": "09:00"}], "saturday": null, "holidays": [],
       "exceptions": {"soon": [], "2031-13-40": []}}',
     '{}', NULL, NULL, '2024-05-10 17:00:00', '2024-05-10 17:00:00'),
    -- A name full of what calendars use as syntax, and in another script.
    (17, 1, NULL, E'Zoë; "Z," Ωmega\\ 美香 💇', 'zoe@harborpine.example', NULL, NULL, true,
     '{"monday": [{"start": "09:00", "end": "17:00"}]}', '{}', NULL, NULL, '2025-05-10 17:00:00',
     '2025-05-10 17:00:00'),
    (21, 2, 3, 'Kim Tran', 'owner@sierranails.example', NULL, NULL, true,
     '{"monday": [{"start": "09:00", "end": "17:00"}], "tuesday": [{"start": "09:00", "end": "17:00"}]}',
     '{}', NULL, NULL, '2025-01-11 15:00:00', '2025-01-11 15:00:00'),
    -- Works for both businesses: the e-mail of staff member 12, in other case.
    (22, 2, NULL, 'Ben O''Neil', 'Ben@HarborPine.example', NULL, NULL, true,
     '{"sunday": [{"start": "09:00", "end": "17:00"}]}', '{}', NULL, NULL, '2025-01-11 15:00:00',
     '2025-01-11 15:00:00'),
    -- Linked to a user of another business: nothing in the app's schema forbids it.
    (23, 2, 7, 'Shared Desk', 'shared@sierranails.example', NULL, NULL, true, '{}', '{}', NULL, NULL,
     '2025-01-11 15:00:00', '2025-01-11 15:00:00');

-- The link back exists for some only; staff_members.user_id is the one that counts.
UPDATE public.users SET staff_member_id = CASE id WHEN 1 THEN 11 WHEN 3 THEN 21 END WHERE id IN (1, 3);

INSERT INTO public.services
    (id, business_id, name, duration, price, service_type, event_starts_at, spots, min_bookings, max_bookings,
     availability, enforce_service_availability, video_enabled, video_provider, active, created_at,
     updated_at)
VALUES
    (101, 1, 'Haircut', 30, 35.00, 0, NULL, NULL, NULL, NULL, '{}', true, false, 0, true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    (102, 1, 'Massage', 60, 90.00, 0, NULL, NULL, NULL, NULL, '{}', true, false, 0, true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- Experience: several parties, each its own booking row, at one time with one staff member.
    (103, 1, 'Sound Bath', 90, 40.00, 1, NULL, 6, 2, 10, '{}', false, false, 0, true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- Event: one fixed start for all.
    (104, 1, 'Sunrise Retreat', 180, 120.00, 2, '2031-06-07 10:00:00', 12, 1, 20, '{}', true, false, 0, true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- No longer offered; its bookings stay.
    (105, 1, 'Perm', 120, 80.00, 0, NULL, NULL, NULL, NULL, '{}', true, false, 0, false,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    (106, 1, 'Nutrition Call', 30, 50.00, 0, NULL, NULL, NULL, NULL, '{}', true, true, 1, true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- Overnight hours, which are allowed for services; service_type NULL.
    (107, 1, 'Night Float', 60, 70.00, NULL, NULL, NULL, NULL, NULL,
     '{"friday": [{"start": "22:00", "end": "02:00"}], "exceptions": {"2031-06-13": []}}', true, false, 0,
     true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- A name that tries to start a property of its own in an iCalendar file.
    (108, 1, E'Cut; color, "glow" \\n 50% off\r\nDTSTART:19700101T000000Z', 45, 60.00, 0, NULL, NULL, NULL,
     NULL, '{}',
     true, false, 0, true, '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- No length and nobody who performs it.
    (109, 1, 'Gift Card Pickup', 0, 0.00, 0, NULL, NULL, NULL, NULL, '{}', true, false, 0, true,
     '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- The same name as in business 1; names are unique within a business only.
    (201, 2, 'Haircut', 30, 30.00, 0, NULL, NULL, NULL, NULL, '{}', true, false, 0, true,
     '2025-01-11 15:00:00', '2025-01-11 15:00:00'),
    (202, 2, 'SECRET Gel Set', 60, 45.00, 0, NULL, NULL, NULL, NULL, '{}', true, false, 0, true,
     '2025-01-11 15:00:00', '2025-01-11 15:00:00');

INSERT INTO public.service_variants (id, service_id, name, duration, price, "position", active, created_at,
    updated_at)
VALUES
    (1001, 102, 'Short', 45, 70.00, 0, true, '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    (1002, 102, 'Long', 90, 120.00, 1, true, '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- No longer offered, and of another service than the booking that names it.
    (1003, 101, 'Bang trim', 15, 15.00, NULL, false, '2025-01-10 15:00:00', '2025-01-10 15:00:00');

INSERT INTO public.services_staff_members (id, service_id, staff_member_id, created_at, updated_at)
SELECT row_number() OVER (), service_id, staff_id, '2025-01-10 15:00:00', '2025-01-10 15:00:00'
FROM (VALUES (101, 11), (102, 11), (103, 11), (104, 11), (106, 11), (107, 11), (108, 11), (101, 12), (102,
    12),
             (101, 13), (105, 14), (101, 16), (101, 17), (201, 21), (202, 21), (201, 22),
             -- Staff of business 2 for a service of business 1: nothing in the app's schema forbids it.
             (101, 23)) AS who (service_id, staff_id);

-- Older than services_staff_members, and read by nothing.
INSERT INTO public.staff_assignments (id, service_id, user_id, created_at, updated_at)
VALUES (1, 101, 1, '2024-12-10 15:00:00', '2024-12-10 15:00:00');

INSERT INTO public.tenant_customers
    (id, business_id, user_id, first_name, last_name, email, phone, notes, active, created_at, updated_at)
VALUES
    (501, 1, NULL, 'Ada', 'Byrne', 'ada@example.com', '+12075550151', NULL, true,
     '2025-01-12 15:00:00', '2025-01-12 15:00:00'),
    -- The phone is an encrypted envelope, which must never reach a calendar.
    (502, 1, 4, 'Carl', 'Client', 'client@example.com',
     '{"p":"eGFtcGxlLWNpcGhlcg==","h":{"iv":"ZXhhbXBsZS1pdi0x","at":"ZXhhbXBsZS10YWctMTZieXRl"}}',
     'Private: allergic to lavender', true, '2025-01-12 15:00:00', '2025-01-12 15:00:00'),
    -- Nothing known at all.
    (503, 1, NULL, NULL, NULL, NULL, NULL, NULL, true, '2025-01-13 15:00:00', '2025-01-13 15:00:00'),
    -- Emoji, quotes, a line break, a right-to-left override and an escape character.
    (504, 1, NULL, E'Éva "Evi" 🌸\r\n', E'Kovács; \u202Egnirts\u202C\x1B[31m', 'eva@example.com', '', NULL,
     true,
     '2025-01-13 15:00:00', '2025-01-13 15:00:00'),
    -- Longer than any line of an iCalendar file, in letters of three bytes.
    (505, 1, NULL, repeat('漢', 300), 'Long', 'long@example.com', NULL, NULL, true,
     '2025-01-13 15:00:00', '2025-01-13 15:00:00'),
    -- Spaces only.
    (506, 1, NULL, '   ', '', 'blank@example.com', '   ', NULL, true, '2025-01-13 15:00:00',
     '2025-01-13 15:00:00'),
    -- Switched off; an apostrophe and a plus in the e-mail.
    (507, 1, NULL, 'Rory', 'D''Arcy', 'rory.o''d+spa@example.com', '+12075550157', NULL, false,
     '2025-01-13 15:00:00', '2025-01-13 15:00:00'),
    -- A first name only, and an e-mail that is none.
    (508, 1, NULL, 'Cher', NULL, 'mailto:not an address', NULL, NULL, true,
     '2025-01-13 15:00:00', '2025-01-13 15:00:00'),
    -- The same person as customer 501, at the stranger's.
    (601, 2, NULL, 'SECRET Ada', 'Byrne', 'ada@example.com', '+12075550151', NULL, true,
     '2025-01-12 15:00:00', '2025-01-12 15:00:00'),
    (602, 2, 4, 'SECRET Carl', 'Client', 'client@example.com', NULL, NULL, true,
     '2025-01-12 15:00:00', '2025-01-12 15:00:00');

INSERT INTO public.booking_policies
    (id, business_id, buffer_time_mins, interval_mins, use_fixed_intervals, min_advance_mins,
     max_advance_days,
     max_daily_bookings, min_duration_mins, max_duration_mins, cancellation_window_mins,
     auto_confirm_bookings,
     created_at, updated_at)
VALUES
    (1, 1, 15, 15, true, 60, 3650, 8, 15, 240, 1440, false, '2025-01-10 15:00:00', '2025-01-10 15:00:00'),
    -- Everything that may be NULL is. (Business 2 has no policy at all: its bookings are confirmed at once.)
    (3, 3, NULL, NULL, false, NULL, NULL, NULL, NULL, NULL, NULL, false, '2025-02-01 15:00:00',
     '2025-02-01 15:00:00'),
    -- Two policies for one business: the index is not unique. Negative and zero numbers.
    (4, 4, 0, 0, true, -5, 0, 0, NULL, NULL, NULL, true, '2025-02-01 15:00:00', '2025-02-01 15:00:00'),
    (5, 4, 30, 30, false, 0, 30, NULL, NULL, NULL, NULL, false, '2025-02-02 15:00:00', '2025-02-02 15:00:00');

INSERT INTO public.bookings
    (id, business_id, staff_member_id, service_id, service_variant_id, tenant_customer_id, start_time,
     end_time, status,
     notes, amount, original_amount, created_at, updated_at)
VALUES
    (10001, 1, 11, 101, NULL, 501, '2031-06-02 14:00:00', '2031-06-02 14:30:00', 1, 'Prefers the window seat',
     35.00, 35.00, '2025-04-01 12:00:00', '2025-04-01 12:00:00'),
    (10002, 1, 11, 102, 1002, 502, '2031-06-02 16:00:00', '2031-06-02 17:30:00', 0, NULL,
     120.00, 120.00, '2025-04-01 12:00:00', '2025-04-01 12:00:00'),
    (10003, 1, 11, 101, NULL, 501, '2025-03-04 15:00:00', '2025-03-04 15:30:00', 3, NULL,
     35.00, 35.00, '2025-02-01 12:00:00', '2025-03-04 16:00:00'),
    (10004, 1, 11, 101, NULL, 503, '2025-03-05 15:00:00', '2025-03-05 15:30:00', 4, NULL,
     35.00, 35.00, '2025-02-01 12:00:00', '2025-03-05 16:00:00'),
    -- Past, but nobody closed it: no job moves a booking to completed.
    (10005, 1, 11, 101, NULL, 501, '2025-03-06 15:00:00', '2025-03-06 15:30:00', 1, NULL,
     35.00, 35.00, '2025-02-01 12:00:00', '2025-02-01 12:00:00'),
    (10006, 1, 11, 101, NULL, 507, '2031-06-02 18:00:00', '2031-06-02 18:30:00', 2, NULL,
     35.00, 35.00, '2025-04-01 12:00:00', '2025-04-02 12:00:00'),
    -- Over the cancelled one, which the app allows.
    (10007, 1, 11, 101, NULL, 501, '2031-06-02 18:00:00', '2031-06-02 18:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Overlaps 10002: a reschedule, and updates are unchecked.
    (10008, 1, 11, 102, NULL, 501, '2031-06-02 17:00:00', '2031-06-02 18:00:00', 1, NULL,
     90.00, 90.00, '2025-04-03 12:00:00', '2025-04-04 12:00:00'),
    -- Starts when 10001 ends: within the buffer of 15 minutes.
    (10009, 1, 11, 101, NULL, 506, '2031-06-02 14:30:00', '2031-06-02 15:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Three parties at one sound bath: one time, one staff member, three rows; one of them cancelled.
    (10010, 1, 11, 103, NULL, 501, '2031-06-05 22:00:00', '2031-06-05 23:30:00', 1, NULL,
     80.00, 80.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (10011, 1, 11, 103, NULL, 502, '2031-06-05 22:00:00', '2031-06-05 23:30:00', 1, NULL,
     40.00, 40.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (10012, 1, 11, 103, NULL, 507, '2031-06-05 22:00:00', '2031-06-05 23:30:00', 2, NULL,
     40.00, 40.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Two parties of an event; the first was moved away from event_starts_at, which the app does not check.
    (10013, 1, 11, 104, NULL, 501, '2031-06-07 10:30:00', '2031-06-07 13:30:00', 1, NULL,
     120.00, 120.00, '2025-04-03 12:00:00', '2025-04-05 12:00:00'),
    (10014, 1, 11, 104, NULL, 504, '2031-06-07 10:00:00', '2031-06-07 13:00:00', 0, NULL,
     120.00, 120.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- The variant (45 minutes) was lost by a reschedule, which takes the length of the service (60).
    (10015, 1, 12, 102, 1001, 501, '2031-06-02 13:00:00', '2031-06-02 14:00:00', 1, NULL,
     70.00, 70.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- A variant of another service.
    (10016, 1, 12, 102, 1003, 501, '2031-06-02 15:00:00', '2031-06-02 16:00:00', 1, NULL,
     NULL, NULL, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Of an inactive staff member and an inactive service.
    (10017, 1, 14, 105, NULL, 501, '2031-06-02 14:00:00', '2031-06-02 16:00:00', 1, NULL,
     80.00, 80.00, '2025-02-03 12:00:00', '2025-02-03 12:00:00'),
    -- Of a staff member without user or e-mail; through local midnight.
    (10018, 1, 13, 101, NULL, 501, '2031-06-07 03:30:00', '2031-06-07 04:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Two whole days.
    (10019, 1, 13, 101, NULL, 501, '2031-06-13 04:00:00', '2031-06-15 04:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- The spring night: 01:30 to 03:30 local is one hour long.
    (10020, 1, 13, 101, NULL, 501, '2031-03-09 06:30:00', '2031-03-09 07:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- The autumn night: the first 01:30 and the second one.
    (10021, 1, 13, 101, NULL, 501, '2031-11-02 05:30:00', '2031-11-02 06:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (10022, 1, 13, 101, NULL, 502, '2031-11-02 06:30:00', '2031-11-02 07:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Microseconds, from Time.current in a console.
    (10023, 1, 12, 101, NULL, 501, '2031-06-10 12:00:00.123456', '2031-06-10 12:30:00.123456', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00.999999', '2025-04-03 12:00:00.999999'),
    -- Status NULL: only the model asks for one.
    (10024, 1, 12, 101, NULL, 501, '2031-06-10 13:00:00', '2031-06-10 13:30:00', NULL, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- A status that no version of the app knows.
    (10025, 1, 12, 101, NULL, 501, '2031-06-10 14:00:00', '2031-06-10 14:30:00', 99, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Ends before it starts.
    (10026, 1, 12, 101, NULL, 501, '2031-06-10 16:00:00', '2031-06-10 15:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Ends when it starts.
    (10027, 1, 12, 109, NULL, 501, '2031-06-10 17:00:00', '2031-06-10 17:00:00', 1, NULL,
     0.00, 0.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- For ever; from ever; and both, which Python cannot read.
    (10028, 1, 12, 101, NULL, 501, '2031-06-16 12:00:00', 'infinity', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (10029, 1, 12, 101, NULL, 501, '-infinity', '2020-01-01 12:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (10030, 1, 12, 101, NULL, 501, '-infinity', 'infinity', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', 'infinity'),
    -- A year with five digits, mistyped, and one before Christ; Python cannot read them either.
    (10031, 1, 12, 101, NULL, 501, '20310-06-10 12:00:00', '20310-06-10 12:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (10032, 1, 12, 101, NULL, 501, '0031-06-10 12:00:00 BC', '0031-06-10 12:30:00 BC', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- The service was deleted (ON DELETE SET NULL).
    (10033, 1, 12, NULL, NULL, 501, '2031-06-17 12:00:00', '2031-06-17 12:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- The customer was deleted.
    (10034, 1, 12, 101, NULL, NULL, '2031-06-17 13:00:00', '2031-06-17 13:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- The staff member was deleted; the status stays confirmed.
    (10035, 1, NULL, 101, NULL, 501, '2031-06-17 14:00:00', '2031-06-17 14:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Notes with every kind of line end, control characters, iCalendar syntax, emoji and markup.
    (10036, 1, 12, 108, NULL, 504, '2031-06-17 17:30:00', '2031-06-17 18:15:00', 1,
     E'one\r\ntwo\nthree\rfour\u2028five\u0085six\tseven\x01\x07\x0B\x7F\uFEFF'
     || E' "q" ''a'' \\, \\; \\\\ 💅🏽 <script>x</script>\nEND:VEVENT',
     60.00, 60.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Notes as long as a novel's chapter.
    (10037, 1, 12, 101, NULL, 505, '2031-06-17 19:00:00', '2031-06-17 19:30:00', 1,
     repeat('Lorem ipsum 漢字 ', 2000),
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Notes that are there but empty; a customer without any name.
    (10038, 1, 11, 101, NULL, 503, '2031-06-03 14:00:00', '2031-06-03 14:30:00', 1, '',
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Of business 1, but with the stranger's staff member: nothing in the app's schema forbids it.
    (10039, 1, 21, 101, NULL, 501, '2031-06-03 15:00:00', '2031-06-03 15:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- Of business 1, but with the stranger's service and customer.
    (10040, 1, 11, 202, NULL, 602, '2031-06-03 16:00:00', '2031-06-03 17:00:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- No business, but a staff member: a script was stopped half way.
    (10041, NULL, 11, 101, NULL, 501, '2031-06-03 18:00:00', '2031-06-03 18:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    -- On a Sunday, outside of all hours, by a manager.
    (10042, 1, 11, 101, NULL, 501, '2031-06-08 01:00:00', '2031-06-08 01:30:00', 1, NULL,
     35.00, 35.00, '2025-04-03 12:00:00', '2025-04-03 12:00:00'),
    (20001, 2, 21, 201, NULL, 601, '2031-06-02 14:00:00', '2031-06-02 14:30:00', 1, 'SECRET of the stranger',
     30.00, 30.00, '2025-04-01 12:00:00', '2025-04-01 12:00:00'),
    (20002, 2, 21, 202, NULL, 602, '2025-03-04 15:00:00', '2025-03-04 16:00:00', 3, 'SECRET of the stranger',
     45.00, 45.00, '2025-02-01 12:00:00', '2025-03-04 17:00:00'),
    -- At the other place of the one who works for both.
    (20003, 2, 22, 201, NULL, 601, '2031-06-02 13:00:00', '2031-06-02 13:30:00', 1, NULL,
     30.00, 30.00, '2025-04-01 12:00:00', '2025-04-01 12:00:00'),
    -- Left by a business that was deleted: status 5, business, service and staff NULL. Never to be shown.
    (30001, NULL, NULL, NULL, NULL, NULL, '2031-06-02 14:00:00', '2031-06-02 14:30:00', 5,
     'SECRET of the deleted',
     30.00, 30.00, '2024-04-01 12:00:00', '2024-05-01 12:00:00'),
    (30002, NULL, NULL, NULL, NULL, NULL, '2024-05-02 14:00:00', '2024-05-02 14:30:00', 5, NULL,
     30.00, 30.00, '2024-04-01 12:00:00', '2024-05-01 12:00:00');

-- Cancelled by its manager against the policy.
UPDATE public.bookings
SET cancellation_reason = E'Customer called; "flu" 🤧', cancelled_by = 1, manager_override = true
WHERE id = 10006;

-- A video meeting with Zoom, ready.
INSERT INTO public.bookings
    (id, business_id, staff_member_id, service_id, tenant_customer_id, start_time, end_time, status, amount,
     video_meeting_provider, video_meeting_status, video_meeting_id, video_meeting_url,
     video_meeting_host_url,
     video_meeting_password, created_at, updated_at)
VALUES
    (10050, 1, 11, 106, 501, '2031-06-04 14:00:00', '2031-06-04 14:30:00', 1, 50.00, 1, 2, '5550100',
     'https://video.example.com/j/5550100?pwd=a%20b&x=1', 'https://video.example.com/s/5550100',
     'SECRET-host',
     '2025-04-01 12:00:00', '2025-04-01 12:00:00'),
    -- One that could not be made, with an address that is none.
    (10051, 1, 11, 106, 502, '2031-06-04 15:00:00', '2031-06-04 15:30:00', 1, 50.00, 2, 3, NULL,
     E'javascript:alert(1)\r\nATTENDEE:mailto:x@example.com', NULL, NULL,
     '2025-04-01 12:00:00', '2025-04-01 12:00:00');

-- What the app's own calendar sync left behind: tokens are encrypted envelopes.
INSERT INTO public.calendar_connections
    (id, business_id, staff_member_id, provider, access_token, refresh_token, caldav_provider, caldav_url,
     caldav_username, caldav_password, active, uid, last_synced_at, created_at, updated_at)
VALUES
    (1, 1, 12, 0, '{"p":"c2FtcGxl","h":{"iv":"c2FtcGxlLWl2LTEy","at":"c2FtcGxlLXRhZy0xNmI="}}',
     '{"p":"c2FtcGxl","h":{"iv":"c2FtcGxlLWl2LTEy","at":"c2FtcGxlLXRhZy0xNmI="}}', NULL, NULL, NULL, NULL,
     true,
     'ben@example.com', '2025-05-01 12:00:00', '2025-03-01 12:00:00', '2025-05-01 12:00:00'),
    -- Switched off, over plain http.
    (2, 2, 21, 2, NULL, NULL, 'nextcloud', 'http://cloud.example.com/remote.php/dav', 'kim',
     '{"p":"c2FtcGxl","h":{"iv":"c2FtcGxlLWl2LTEy","at":"c2FtcGxlLXRhZy0xNmI="}}', false, NULL, NULL,
     '2025-03-01 12:00:00', '2025-05-01 12:00:00');
UPDATE public.staff_members SET default_calendar_connection_id = 1 WHERE id = 12;

-- Pushed twice by two jobs at once: the index is not unique.
INSERT INTO public.calendar_event_mappings
    (id, booking_id, calendar_connection_id, external_event_id, external_calendar_id, status, last_error,
     created_at, updated_at)
VALUES
    (1, 10015, 1, 'abc123', 'primary', 1, NULL, '2025-04-03 12:00:01', '2025-04-03 12:00:01'),
    (2, 10015, 1, 'abc124', 'primary', 1, NULL, '2025-04-03 12:00:01', '2025-04-03 12:00:01');
-- The two columns that Daybridge may write, as the app filled them.
UPDATE public.bookings SET calendar_event_id = 'abc124', calendar_event_status = 2 WHERE id = 10015;
UPDATE public.bookings SET calendar_event_status = 3 WHERE id = 10016;
INSERT INTO public.calendar_sync_logs
    (id, calendar_event_mapping_id, action, outcome, message, metadata, created_at, updated_at)
VALUES (1, 1, 0, 1, 'ok', '{}', '2025-04-03 12:00:01', '2025-04-03 12:00:01');

INSERT INTO public.external_calendar_events
    (id, calendar_connection_id, external_event_id, external_calendar_id, starts_at, ends_at, summary,
     last_imported_at, created_at, updated_at)
VALUES
    (1, 1, 'ext1', 'primary', '2031-06-02 17:30:00', '2031-06-02 18:30:00', 'SECRET dentist',
     '2025-05-01 12:00:00',
     '2025-05-01 12:00:00', '2025-05-01 12:00:00'),
    -- The app's own event, read back as if it were somebody else's.
    (2, 1, 'abc124', 'primary', '2031-06-02 13:00:00', '2031-06-02 14:00:00', 'Massage',
     '2025-05-01 12:00:00',
     '2025-05-01 12:00:00', '2025-05-01 12:00:00');

INSERT INTO public.products (id) VALUES (1);
INSERT INTO public.product_variants (id) VALUES (1);
INSERT INTO public.booking_product_add_ons
    (id, booking_id, product_variant_id, quantity, price, total_amount, created_at, updated_at)
VALUES (1, 10001, 1, 2, 9.50, 19.00, '2025-04-01 12:00:00', '2025-04-01 12:00:00');

-- A rental over a booking of the same staff member: rentals never block staff.
INSERT INTO public.rental_bookings
    (id, business_id, booking_number, product_id, product_variant_id, tenant_customer_id, staff_member_id,
     start_time,
     end_time, status, created_at, updated_at)
VALUES
    (1, 1, 'R-0001', 1, 1, 501, 11, '2031-06-02 13:00:00', '2031-06-03 13:00:00', 'deposit_paid',
     '2025-04-01 12:00:00', '2025-04-01 12:00:00');

-- The app goes on counting from here.
DO $$
DECLARE
    a_table text;
BEGIN
    FOREACH a_table IN ARRAY ARRAY[
        'businesses', 'users', 'staff_members', 'services', 'service_variants', 'services_staff_members',
        'staff_assignments', 'tenant_customers', 'booking_policies', 'bookings', 'calendar_connections',
        'calendar_event_mappings', 'calendar_sync_logs', 'external_calendar_events', 'products',
     'product_variants',
        'booking_product_add_ons', 'rental_bookings']
    LOOP
        EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, ''id''), max(id)) FROM public.%I',
                       'public.' || a_table, a_table);
    END LOOP;
END $$;
