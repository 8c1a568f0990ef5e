-- The booking app's own tables, for the embedded database only.
--
-- Daybridge works on a booking app's database. Whoever tries it without one still needs these tables, so we
-- make them here, named and typed as the app makes them: every query and trigger then runs unchanged on
-- the real one. Attached to a real database, this file is never run.
--
-- Left out: columns of businesses and users that no calendar shows, and foreign keys to tables that we lack.
-- Times are UTC without a zone, enums are integers, because that is what Rails writes.
-- May be run again: it changes nothing that is there.

-- A GiST index over plain timestamps needs it; the app has it too.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- A subset; the app has some seventy more columns, all nullable or with a default.
CREATE TABLE IF NOT EXISTS public.businesses (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    address character varying,
    city character varying,
    created_at timestamp(6) without time zone NOT NULL,
    email character varying,
    name character varying NOT NULL,
    phone character varying,
    state character varying,
    status character varying DEFAULT 'active' NOT NULL,
    time_zone character varying DEFAULT 'UTC',
    updated_at timestamp(6) without time zone NOT NULL,
    zip character varying
);

CREATE INDEX IF NOT EXISTS index_businesses_on_name ON public.businesses (name);
CREATE INDEX IF NOT EXISTS index_businesses_on_status ON public.businesses (status);

-- A subset. role: 1 manager, 2 staff, 3 client. No password is ever set here: Daybridge has app passwords.
CREATE TABLE IF NOT EXISTS public.users (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    business_id bigint REFERENCES public.businesses (id),
    created_at timestamp(6) without time zone NOT NULL,
    email character varying NOT NULL,
    encrypted_password character varying DEFAULT '' NOT NULL,
    first_name character varying,
    last_name character varying,
    phone character varying,
    role integer DEFAULT 3,
    staff_member_id bigint,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE INDEX IF NOT EXISTS index_users_on_email_and_role ON public.users (email, role);
CREATE UNIQUE INDEX IF NOT EXISTS index_users_on_email ON public.users (email);

-- availability: wall-clock intervals per weekday in the business zone; "exceptions" replace a whole date.
CREATE TABLE IF NOT EXISTS public.staff_members (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    adp_department_code character varying,
    adp_employee_id character varying,
    adp_job_code character varying,
    adp_pay_code character varying,
    availability jsonb,
    bio text,
    business_id bigint NOT NULL REFERENCES public.businesses (id) ON DELETE CASCADE,
    color character varying,
    created_at timestamp(6) without time zone NOT NULL,
    default_calendar_connection_id bigint,
    email character varying,
    name character varying NOT NULL,
    phone character varying,
    position character varying,
    specialties character varying[] DEFAULT '{}',
    status integer,
    timezone character varying DEFAULT 'UTC',
    updated_at timestamp(6) without time zone NOT NULL,
    user_id bigint REFERENCES public.users (id) ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS index_staff_members_on_adp_employee_id ON public.staff_members (adp_employee_id);
CREATE INDEX IF NOT EXISTS index_staff_members_on_business_id ON public.staff_members (business_id);
CREATE INDEX IF NOT EXISTS index_staff_members_on_default_calendar_connection_id
    ON public.staff_members (default_calendar_connection_id);
CREATE INDEX IF NOT EXISTS index_staff_members_on_user_id ON public.staff_members (user_id);

-- Users and staff members point at each other, so this key can only come now.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint
                   WHERE conname = 'fk_rails_1eebd3f5d1' AND conrelid = 'public.users'::regclass) THEN
        ALTER TABLE public.users
            ADD CONSTRAINT fk_rails_1eebd3f5d1
            FOREIGN KEY (staff_member_id) REFERENCES public.staff_members (id);
    END IF;
END $$;

-- A real app stores the phone encrypted (a JSON envelope), so it can hold any text.
CREATE TABLE IF NOT EXISTS public.tenant_customers (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    address character varying,
    business_id bigint NOT NULL REFERENCES public.businesses (id) ON DELETE CASCADE,
    cached_avg_days_between_purchases numeric(8,2),
    cached_days_since_last_purchase integer,
    cached_first_purchase_at timestamp(6) without time zone,
    cached_last_purchase_at timestamp(6) without time zone,
    cached_purchase_frequency integer DEFAULT 0 NOT NULL,
    cached_total_revenue numeric(10,2) DEFAULT 0.0 NOT NULL,
    constant_contact_id character varying,
    created_at timestamp(6) without time zone NOT NULL,
    email character varying,
    email_marketing_opt_out boolean,
    email_marketing_synced_at timestamp(6) without time zone,
    first_name character varying,
    last_appointment timestamp(6) without time zone,
    last_name character varying,
    mailchimp_list_id character varying,
    mailchimp_subscriber_hash character varying,
    notes text,
    phone character varying,
    phone_marketing_opt_out boolean DEFAULT false NOT NULL,
    phone_opt_in boolean DEFAULT false NOT NULL,
    phone_opt_in_at timestamp(6) without time zone,
    quickbooks_customer_id character varying,
    sms_opted_out_businesses jsonb DEFAULT '[]',
    stripe_customer_id character varying,
    unsubscribe_token character varying,
    unsubscribed_at timestamp(6) without time zone,
    updated_at timestamp(6) without time zone NOT NULL,
    user_id bigint REFERENCES public.users (id)
);

CREATE UNIQUE INDEX IF NOT EXISTS index_tenant_customers_on_business_id_and_lower_email
    ON public.tenant_customers (business_id, lower((email)::text));
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_lower_email
    ON public.tenant_customers (lower((email)::text));
CREATE UNIQUE INDEX IF NOT EXISTS index_tenant_customers_on_business_id_and_phone
    ON public.tenant_customers (business_id, phone) WHERE (user_id IS NOT NULL);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_business_id ON public.tenant_customers (business_id);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_cached_days_since_last_purchase
    ON public.tenant_customers (cached_days_since_last_purchase);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_cached_last_purchase_at
    ON public.tenant_customers (cached_last_purchase_at);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_cached_purchase_frequency
    ON public.tenant_customers (cached_purchase_frequency);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_cached_total_revenue
    ON public.tenant_customers (cached_total_revenue);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_constant_contact_id
    ON public.tenant_customers (constant_contact_id);
CREATE UNIQUE INDEX IF NOT EXISTS index_tenant_customers_on_email_and_business_id
    ON public.tenant_customers (email, business_id);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_email_marketing_synced_at
    ON public.tenant_customers (email_marketing_synced_at);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_mailchimp_subscriber_hash
    ON public.tenant_customers (mailchimp_subscriber_hash);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_quickbooks_customer_id
    ON public.tenant_customers (quickbooks_customer_id);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_sms_opted_out_businesses
    ON public.tenant_customers USING gin (sms_opted_out_businesses);
CREATE UNIQUE INDEX IF NOT EXISTS index_tenant_customers_on_stripe_customer_id
    ON public.tenant_customers (stripe_customer_id);
CREATE UNIQUE INDEX IF NOT EXISTS index_tenant_customers_on_unsubscribe_token
    ON public.tenant_customers (unsubscribe_token);
CREATE INDEX IF NOT EXISTS index_tenant_customers_on_user_id ON public.tenant_customers (user_id);

-- service_type: 0 standard, 1 experience, 2 event; the last two have several bookings at one time.
CREATE TABLE IF NOT EXISTS public.services (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    allow_customer_preferences boolean DEFAULT true NOT NULL,
    allow_discounts boolean DEFAULT true NOT NULL,
    availability jsonb DEFAULT '{}' NOT NULL,
    availability_settings jsonb,
    business_id bigint NOT NULL REFERENCES public.businesses (id) ON DELETE CASCADE,
    cost_price numeric(10,2),
    created_at timestamp(6) without time zone NOT NULL,
    created_from_estimate_id bigint,
    description text,
    document_template_id bigint,
    duration integer NOT NULL,
    enforce_service_availability boolean DEFAULT true NOT NULL,
    event_starts_at timestamp(6) without time zone,
    featured boolean,
    max_bookings integer,
    min_bookings integer,
    name character varying NOT NULL,
    position integer DEFAULT 0,
    price numeric(10,2) NOT NULL,
    quickbooks_item_id character varying,
    service_type integer,
    spots integer,
    subscription_billing_cycle character varying DEFAULT 'monthly',
    subscription_discount_percentage numeric(5,2),
    subscription_enabled boolean DEFAULT false NOT NULL,
    subscription_rebooking_preference character varying DEFAULT 'same_day_next_month',
    tip_mailer_if_no_tip_received boolean DEFAULT true NOT NULL,
    tips_enabled boolean DEFAULT false NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL,
    video_enabled boolean DEFAULT false NOT NULL,
    video_provider integer DEFAULT 0 NOT NULL
);

CREATE INDEX IF NOT EXISTS index_services_on_allow_customer_preferences
    ON public.services (allow_customer_preferences);
CREATE INDEX IF NOT EXISTS index_services_on_allow_discounts ON public.services (allow_discounts);
CREATE INDEX IF NOT EXISTS index_services_on_business_id_and_position
    ON public.services (business_id, position);
CREATE INDEX IF NOT EXISTS index_services_on_business_id ON public.services (business_id);
CREATE INDEX IF NOT EXISTS index_services_on_created_from_estimate_id
    ON public.services (created_from_estimate_id);
CREATE INDEX IF NOT EXISTS index_services_on_document_template_id ON public.services (document_template_id);
CREATE INDEX IF NOT EXISTS index_services_on_event_starts_at
    ON public.services (event_starts_at) WHERE (service_type = 2);
CREATE UNIQUE INDEX IF NOT EXISTS index_services_on_name_and_business_id
    ON public.services (name, business_id);
CREATE INDEX IF NOT EXISTS index_services_on_quickbooks_item_id ON public.services (quickbooks_item_id);
CREATE INDEX IF NOT EXISTS index_services_on_tips_enabled ON public.services (tips_enabled);
CREATE INDEX IF NOT EXISTS index_services_on_video_enabled ON public.services (video_enabled);

CREATE TABLE IF NOT EXISTS public.service_variants (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    cost_price numeric(10,2),
    created_at timestamp(6) without time zone NOT NULL,
    duration integer NOT NULL,
    name character varying NOT NULL,
    position integer DEFAULT 0,
    price numeric(10,2) NOT NULL,
    service_id bigint NOT NULL REFERENCES public.services (id),
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS index_service_variants_on_service_id_and_name_and_duration
    ON public.service_variants (service_id, name, duration);
CREATE INDEX IF NOT EXISTS index_service_variants_on_service_id ON public.service_variants (service_id);

CREATE TABLE IF NOT EXISTS public.services_staff_members (
    id bigserial PRIMARY KEY,
    created_at timestamp(6) without time zone NOT NULL,
    service_id bigint NOT NULL REFERENCES public.services (id) ON DELETE CASCADE,
    staff_member_id bigint NOT NULL REFERENCES public.staff_members (id) ON DELETE CASCADE,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE UNIQUE INDEX IF NOT EXISTS index_services_staff_members_on_service_id_and_staff_member_id
    ON public.services_staff_members (service_id, staff_member_id);
CREATE INDEX IF NOT EXISTS index_services_staff_members_on_service_id
    ON public.services_staff_members (service_id);
CREATE INDEX IF NOT EXISTS index_services_staff_members_on_staff_member_id
    ON public.services_staff_members (staff_member_id);

CREATE TABLE IF NOT EXISTS public.booking_policies (
    id bigserial PRIMARY KEY,
    auto_confirm_bookings boolean DEFAULT false NOT NULL,
    buffer_time_mins integer,
    business_id bigint NOT NULL REFERENCES public.businesses (id) ON DELETE CASCADE,
    cancellation_window_mins integer,
    created_at timestamp(6) without time zone NOT NULL,
    intake_fields jsonb,
    interval_mins integer DEFAULT 30,
    max_advance_days integer,
    max_daily_bookings integer,
    max_duration_mins integer,
    min_advance_mins integer DEFAULT 0,
    min_duration_mins integer,
    service_radius_enabled boolean DEFAULT false NOT NULL,
    service_radius_miles integer DEFAULT 50 NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL,
    use_fixed_intervals boolean DEFAULT false NOT NULL
);

CREATE INDEX IF NOT EXISTS index_booking_policies_on_business_id ON public.booking_policies (business_id);
CREATE INDEX IF NOT EXISTS index_booking_policies_on_min_advance_mins
    ON public.booking_policies (min_advance_mins);
CREATE INDEX IF NOT EXISTS index_booking_policies_on_use_fixed_intervals
    ON public.booking_policies (use_fixed_intervals);

-- status: 0 pending, 1 confirmed, 2 cancelled, 3 completed, 4 no_show, 5 business_deleted.
-- Nothing keeps two bookings apart here, as in the app: that is what daybridge.busy is for.
CREATE TABLE IF NOT EXISTS public.bookings (
    id bigserial PRIMARY KEY,
    amount numeric(10,2),
    applied_promo_code character varying,
    business_id bigint REFERENCES public.businesses (id) ON DELETE CASCADE,
    calendar_event_id character varying,
    calendar_event_status integer DEFAULT 0,
    cancellation_reason text,
    cancelled_by integer,
    created_at timestamp(6) without time zone NOT NULL,
    discount_amount numeric(10,2),
    end_time timestamp(6) without time zone NOT NULL,
    manager_override boolean,
    notes text,
    original_amount numeric(10,2),
    promo_code_type character varying,
    promo_discount_amount numeric(10,2),
    promotion_id bigint,
    review_request_suppressed boolean DEFAULT false NOT NULL,
    service_id bigint REFERENCES public.services (id) ON DELETE SET NULL,
    service_variant_id bigint REFERENCES public.service_variants (id),
    staff_member_id bigint REFERENCES public.staff_members (id) ON DELETE SET NULL,
    start_time timestamp(6) without time zone NOT NULL,
    status integer DEFAULT 0,
    tenant_customer_id bigint REFERENCES public.tenant_customers (id) ON DELETE SET NULL,
    tip_reminder_sent_at timestamp(6) without time zone,
    updated_at timestamp(6) without time zone NOT NULL,
    video_meeting_host_url character varying,
    video_meeting_id character varying,
    video_meeting_password character varying,
    video_meeting_provider integer DEFAULT 0 NOT NULL,
    video_meeting_status integer DEFAULT 0 NOT NULL,
    video_meeting_url character varying
);

CREATE INDEX IF NOT EXISTS index_bookings_on_applied_promo_code ON public.bookings (applied_promo_code);
CREATE INDEX IF NOT EXISTS index_bookings_on_business_id_and_staff_member_id
    ON public.bookings (business_id, staff_member_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_business_id_and_start_time
    ON public.bookings (business_id, start_time);
CREATE INDEX IF NOT EXISTS index_bookings_on_business_id ON public.bookings (business_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_calendar_event_id ON public.bookings (calendar_event_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_calendar_event_status ON public.bookings (calendar_event_status);
CREATE INDEX IF NOT EXISTS index_bookings_on_promo_code_type ON public.bookings (promo_code_type);
CREATE INDEX IF NOT EXISTS index_bookings_on_promotion_id ON public.bookings (promotion_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_service_id ON public.bookings (service_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_service_variant_id ON public.bookings (service_variant_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_staff_member_id_and_start_time_and_end_time
    ON public.bookings (staff_member_id, start_time, end_time);
CREATE INDEX IF NOT EXISTS index_bookings_on_staff_member_id_and_start_time
    ON public.bookings (staff_member_id, start_time);
CREATE INDEX IF NOT EXISTS idx_on_staff_member_id_status_start_time_end_time_8b0b5f87d5
    ON public.bookings (staff_member_id, status, start_time, end_time);
CREATE INDEX IF NOT EXISTS index_bookings_on_staff_member_id_and_status
    ON public.bookings (staff_member_id, status);
CREATE INDEX IF NOT EXISTS index_bookings_on_staff_member_id ON public.bookings (staff_member_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_start_time_and_end_time
    ON public.bookings USING gist (start_time, end_time);
CREATE INDEX IF NOT EXISTS index_bookings_on_start_time ON public.bookings (start_time);
CREATE INDEX IF NOT EXISTS index_bookings_on_status ON public.bookings (status);
CREATE INDEX IF NOT EXISTS index_bookings_on_tenant_customer_id_and_start_time
    ON public.bookings (tenant_customer_id, start_time);
CREATE INDEX IF NOT EXISTS index_bookings_on_tenant_customer_id ON public.bookings (tenant_customer_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_video_meeting_id ON public.bookings (video_meeting_id);
CREATE INDEX IF NOT EXISTS index_bookings_on_video_meeting_status ON public.bookings (video_meeting_status);
