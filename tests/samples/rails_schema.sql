-- What a real installation of the booking app has, as far as bookings and calendars reach: all columns of
-- each table, its indexes and its foreign keys, in the order in which Rails loads a schema. Tests attach
-- Daybridge to it. It can be loaded once only, as Rails' own.
--
-- Tables that are only pointed at are stubs with an id. Of two equal indexes the second is called _2.

CREATE EXTENSION btree_gist WITH SCHEMA public;

CREATE TABLE public.schema_migrations (
    version character varying PRIMARY KEY
);
CREATE TABLE public.ar_internal_metadata (
    key character varying PRIMARY KEY,
    value character varying,
    created_at timestamp(6) without time zone NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);
INSERT INTO public.schema_migrations (version) VALUES ('20260115210233');
INSERT INTO public.ar_internal_metadata (key, value, created_at, updated_at)
VALUES ('environment', 'production', '2025-03-01 12:00:00', '2025-03-01 12:00:00');

-- Stubs
CREATE TABLE public.document_templates (id bigserial PRIMARY KEY);
CREATE TABLE public.estimates (id bigserial PRIMARY KEY);
CREATE TABLE public.locations (id bigserial PRIMARY KEY);
CREATE TABLE public.product_variants (id bigserial PRIMARY KEY);
CREATE TABLE public.products (id bigserial PRIMARY KEY);
CREATE TABLE public.promotions (id bigserial PRIMARY KEY);
CREATE TABLE public.service_templates (id bigserial PRIMARY KEY);

CREATE TABLE public.booking_policies (
    id bigserial PRIMARY KEY,
    auto_confirm_bookings boolean DEFAULT false NOT NULL,
    buffer_time_mins integer,
    business_id bigint NOT NULL,
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

CREATE TABLE public.booking_product_add_ons (
    id bigserial PRIMARY KEY,
    booking_id bigint NOT NULL,
    created_at timestamp(6) without time zone NOT NULL,
    price numeric(10,2) NOT NULL,
    product_variant_id bigint NOT NULL,
    quantity integer DEFAULT 1 NOT NULL,
    total_amount numeric(10,2) NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.bookings (
    id bigserial PRIMARY KEY,
    amount numeric(10,2),
    applied_promo_code character varying,
    business_id bigint,
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
    service_id bigint,
    service_variant_id bigint,
    staff_member_id bigint,
    start_time timestamp(6) without time zone NOT NULL,
    status integer DEFAULT 0,
    tenant_customer_id bigint,
    tip_reminder_sent_at timestamp(6) without time zone,
    updated_at timestamp(6) without time zone NOT NULL,
    video_meeting_host_url character varying,
    video_meeting_id character varying,
    video_meeting_password character varying,
    video_meeting_provider integer DEFAULT 0 NOT NULL,
    video_meeting_status integer DEFAULT 0 NOT NULL,
    video_meeting_url character varying
);

CREATE TABLE public.businesses (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    address character varying,
    anomaly_settings jsonb
        DEFAULT '{"monitoring_period": "30", "deviation_threshold": "20",
        "email_notifications": "critical_high", "detection_sensitivity": "medium"}',
    canonical_preference character varying DEFAULT 'www' NOT NULL,
    city character varying,
    cname_check_attempts integer DEFAULT 0 NOT NULL,
    cname_monitoring_active boolean DEFAULT false NOT NULL,
    cname_setup_email_sent_at timestamp(6) without time zone,
    created_at timestamp(6) without time zone NOT NULL,
    custom_domain_owned boolean,
    description text,
    domain_health_checked_at timestamp(6) without time zone,
    domain_health_verified boolean DEFAULT false NOT NULL,
    email character varying,
    enhanced_accent_color character varying DEFAULT 'red' NOT NULL,
    facebook_url character varying,
    gallery_columns integer DEFAULT 3 NOT NULL,
    gallery_enabled boolean DEFAULT false NOT NULL,
    gallery_layout integer DEFAULT 0 NOT NULL,
    google_business_address text,
    google_business_manual boolean DEFAULT false,
    google_business_name character varying,
    google_business_phone character varying,
    google_business_website character varying,
    google_place_id character varying,
    host_type character varying,
    hostname character varying,
    hours jsonb,
    industry character varying,
    instagram_url character varying,
    linkedin_url character varying,
    loyalty_program_enabled boolean DEFAULT false NOT NULL,
    name character varying NOT NULL,
    payment_reminders_enabled boolean DEFAULT false NOT NULL,
    phone character varying,
    pinterest_url character varying,
    platform_fee_percentage numeric(5,2) DEFAULT 1.0 NOT NULL,
    points_per_dollar numeric(8,2) DEFAULT 1.0 NOT NULL,
    points_per_product numeric(8,2) DEFAULT 0.0 NOT NULL,
    points_per_service numeric(8,2) DEFAULT 0.0 NOT NULL,
    referral_program_enabled boolean DEFAULT false NOT NULL,
    render_domain_added boolean DEFAULT false NOT NULL,
    rental_buffer_mins integer DEFAULT 30,
    rental_deposit_preauth_enabled boolean DEFAULT false NOT NULL,
    rental_late_fee_enabled boolean DEFAULT true,
    rental_late_fee_percentage numeric(5,2) DEFAULT 15.0,
    rental_reminder_hours_before integer DEFAULT 24,
    rental_require_deposit_upfront boolean DEFAULT true,
    service_template_id bigint,
    show_estimate_page boolean DEFAULT true NOT NULL,
    show_gallery_section boolean DEFAULT true NOT NULL,
    show_platform_branding boolean DEFAULT true NOT NULL,
    show_products_section boolean DEFAULT true NOT NULL,
    show_rentals_section boolean DEFAULT false,
    show_services_section boolean DEFAULT true NOT NULL,
    sms_auto_invitations_enabled boolean DEFAULT true NOT NULL,
    sms_enabled boolean DEFAULT false NOT NULL,
    sms_marketing_enabled boolean DEFAULT false NOT NULL,
    state character varying,
    status character varying DEFAULT 'active' NOT NULL,
    stock_management_enabled boolean DEFAULT true NOT NULL,
    stripe_account_id character varying,
    stripe_connect_reminder_sent_at timestamp(6) without time zone,
    stripe_customer_id character varying,
    subdomain character varying,
    subscription_discount_enabled boolean DEFAULT false NOT NULL,
    subscription_discount_message text,
    subscription_discount_type character varying DEFAULT 'percentage',
    subscription_discount_value numeric(10,2) DEFAULT 0.0,
    template_applied character varying,
    tiktok_url character varying,
    time_zone character varying DEFAULT 'UTC',
    tip_mailer_if_no_tip_received boolean DEFAULT true NOT NULL,
    twitter_url character varying,
    updated_at timestamp(6) without time zone NOT NULL,
    video_autoplay_hero boolean DEFAULT true NOT NULL,
    video_conversion_status character varying,
    video_display_location integer DEFAULT 0 NOT NULL,
    video_title character varying,
    website character varying,
    website_layout character varying DEFAULT 'basic' NOT NULL,
    youtube_url character varying,
    zip character varying,
    CHECK (platform_fee_percentage >= 0::numeric),
    CHECK (subscription_discount_value >= 0::numeric)
);

CREATE TABLE public.calendar_connections (
    id bigserial PRIMARY KEY,
    access_token text,
    active boolean DEFAULT true NOT NULL,
    business_id bigint NOT NULL,
    caldav_password text,
    caldav_provider character varying,
    caldav_url character varying,
    caldav_username character varying,
    connected_at timestamp(6) without time zone,
    created_at timestamp(6) without time zone NOT NULL,
    last_synced_at timestamp(6) without time zone,
    provider integer NOT NULL,
    refresh_token text,
    scopes text,
    staff_member_id bigint NOT NULL,
    sync_token character varying,
    token_expires_at timestamp(6) without time zone,
    uid character varying,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.calendar_event_mappings (
    id bigserial PRIMARY KEY,
    booking_id bigint NOT NULL,
    calendar_connection_id bigint NOT NULL,
    created_at timestamp(6) without time zone NOT NULL,
    external_calendar_id character varying,
    external_event_id character varying NOT NULL,
    last_error text,
    last_synced_at timestamp(6) without time zone,
    status integer DEFAULT 0 NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.calendar_sync_logs (
    id bigserial PRIMARY KEY,
    action integer NOT NULL,
    calendar_event_mapping_id bigint NOT NULL,
    created_at timestamp(6) without time zone NOT NULL,
    message text,
    metadata jsonb DEFAULT '{}',
    outcome integer NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.external_calendar_events (
    id bigserial PRIMARY KEY,
    calendar_connection_id bigint NOT NULL,
    created_at timestamp(6) without time zone NOT NULL,
    ends_at timestamp(6) without time zone NOT NULL,
    external_calendar_id character varying,
    external_event_id character varying NOT NULL,
    last_imported_at timestamp(6) without time zone,
    starts_at timestamp(6) without time zone NOT NULL,
    summary text,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.rental_bookings (
    id bigserial PRIMARY KEY,
    actual_pickup_time timestamp(6) without time zone,
    actual_return_time timestamp(6) without time zone,
    booking_number character varying NOT NULL,
    business_id bigint NOT NULL,
    condition_notes_checkout text,
    condition_notes_return text,
    created_at timestamp(6) without time zone NOT NULL,
    customer_notes text,
    damage_fee_amount numeric(10,2) DEFAULT 0.0,
    deposit_authorization_id character varying,
    deposit_authorization_released_at timestamp(6) without time zone,
    deposit_authorized_at timestamp(6) without time zone,
    deposit_captured_at timestamp(6) without time zone,
    deposit_paid_at timestamp(6) without time zone,
    deposit_refund_amount numeric(10,2),
    deposit_refunded_at timestamp(6) without time zone,
    deposit_status character varying DEFAULT 'pending' NOT NULL,
    discount_amount numeric(10,2) DEFAULT 0.0,
    end_time timestamp(6) without time zone NOT NULL,
    guest_access_token character varying,
    late_fee_amount numeric(10,2) DEFAULT 0.0,
    location_id bigint,
    lock_version integer DEFAULT 0 NOT NULL,
    notes text,
    product_id bigint NOT NULL,
    product_variant_id bigint,
    promotion_id bigint,
    quantity integer DEFAULT 1 NOT NULL,
    rate_amount numeric(10,2),
    rate_quantity integer,
    rate_type character varying,
    security_deposit_amount numeric(10,2) DEFAULT 0.0,
    staff_member_id bigint,
    start_time timestamp(6) without time zone NOT NULL,
    status character varying DEFAULT 'pending_deposit' NOT NULL,
    stripe_deposit_payment_intent_id character varying,
    stripe_payment_intent_id character varying,
    subtotal numeric(10,2),
    tax_amount numeric(10,2) DEFAULT 0.0,
    tenant_customer_id bigint NOT NULL,
    total_amount numeric(10,2),
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.service_variants (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    cost_price numeric(10,2),
    created_at timestamp(6) without time zone NOT NULL,
    duration integer NOT NULL,
    name character varying NOT NULL,
    position integer DEFAULT 0,
    price numeric(10,2) NOT NULL,
    service_id bigint NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.services (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    allow_customer_preferences boolean DEFAULT true NOT NULL,
    allow_discounts boolean DEFAULT true NOT NULL,
    availability jsonb DEFAULT '{}' NOT NULL,
    availability_settings jsonb,
    business_id bigint NOT NULL,
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

CREATE TABLE public.services_staff_members (
    id bigserial PRIMARY KEY,
    created_at timestamp(6) without time zone NOT NULL,
    service_id bigint NOT NULL,
    staff_member_id bigint NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL
);

CREATE TABLE public.staff_assignments (
    id bigserial PRIMARY KEY,
    created_at timestamp(6) without time zone NOT NULL,
    service_id bigint NOT NULL,
    updated_at timestamp(6) without time zone NOT NULL,
    user_id bigint NOT NULL
);

CREATE TABLE public.staff_members (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    adp_department_code character varying,
    adp_employee_id character varying,
    adp_job_code character varying,
    adp_pay_code character varying,
    availability jsonb,
    bio text,
    business_id bigint NOT NULL,
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
    user_id bigint
);

CREATE TABLE public.tenant_customers (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    address character varying,
    business_id bigint NOT NULL,
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
    user_id bigint
);

CREATE TABLE public.users (
    id bigserial PRIMARY KEY,
    active boolean DEFAULT true,
    business_id bigint,
    confirmation_sent_at timestamp(6) without time zone,
    confirmation_token character varying,
    confirmed_at timestamp(6) without time zone,
    created_at timestamp(6) without time zone NOT NULL,
    current_sign_in_at timestamp(6) without time zone,
    current_sign_in_ip character varying,
    email character varying NOT NULL,
    email_marketing_opt_out boolean,
    encrypted_password character varying DEFAULT '' NOT NULL,
    first_name character varying,
    last_name character varying,
    last_policy_notification_at timestamp(6) without time zone,
    last_sign_in_at timestamp(6) without time zone,
    last_sign_in_ip character varying,
    notification_preferences jsonb,
    phone character varying,
    phone_marketing_opt_out boolean DEFAULT false NOT NULL,
    phone_opt_in boolean DEFAULT false NOT NULL,
    phone_opt_in_at timestamp(6) without time zone,
    provider character varying,
    referral_source_code character varying,
    remember_created_at timestamp(6) without time zone,
    requires_policy_acceptance boolean DEFAULT false,
    reset_password_sent_at timestamp(6) without time zone,
    reset_password_token character varying,
    role integer DEFAULT 3,
    session_token character varying,
    sign_in_count integer DEFAULT 0 NOT NULL,
    staff_member_id bigint,
    uid character varying,
    unconfirmed_email character varying,
    unsubscribe_token character varying,
    unsubscribed_at timestamp(6) without time zone,
    updated_at timestamp(6) without time zone NOT NULL
);

-- Indexes
CREATE INDEX index_booking_policies_on_business_id ON public.booking_policies (business_id);
CREATE INDEX index_booking_policies_on_min_advance_mins ON public.booking_policies (min_advance_mins);
CREATE INDEX index_booking_policies_on_use_fixed_intervals ON public.booking_policies (use_fixed_intervals);
CREATE INDEX index_booking_product_add_ons_on_booking_id ON public.booking_product_add_ons (booking_id);
CREATE INDEX index_booking_product_add_ons_on_product_variant_id
    ON public.booking_product_add_ons (product_variant_id);
CREATE INDEX index_bookings_on_applied_promo_code ON public.bookings (applied_promo_code);
CREATE INDEX index_bookings_on_business_id_and_staff_member_id
    ON public.bookings (business_id, staff_member_id);
CREATE INDEX index_bookings_on_business_id_and_start_time ON public.bookings (business_id, start_time);
CREATE INDEX index_bookings_on_business_id ON public.bookings (business_id);
CREATE INDEX index_bookings_on_calendar_event_id ON public.bookings (calendar_event_id);
CREATE INDEX index_bookings_on_calendar_event_status ON public.bookings (calendar_event_status);
CREATE INDEX index_bookings_on_promo_code_type ON public.bookings (promo_code_type);
CREATE INDEX index_bookings_on_promotion_id ON public.bookings (promotion_id);
CREATE INDEX index_bookings_on_service_id ON public.bookings (service_id);
CREATE INDEX index_bookings_on_service_variant_id ON public.bookings (service_variant_id);
CREATE INDEX index_bookings_on_staff_member_id_and_start_time_and_end_time
    ON public.bookings (staff_member_id, start_time, end_time);
CREATE INDEX index_bookings_on_staff_member_id_and_start_time
    ON public.bookings (staff_member_id, start_time);
CREATE INDEX idx_on_staff_member_id_status_start_time_end_time_8b0b5f87d5
    ON public.bookings (staff_member_id, status, start_time, end_time);
CREATE INDEX index_bookings_on_staff_member_id_and_status ON public.bookings (staff_member_id, status);
CREATE INDEX index_bookings_on_staff_member_id ON public.bookings (staff_member_id);
CREATE INDEX index_bookings_on_start_time_and_end_time ON public.bookings USING gist (start_time, end_time);
CREATE INDEX index_bookings_on_start_time ON public.bookings (start_time);
CREATE INDEX index_bookings_on_status ON public.bookings (status);
CREATE INDEX index_bookings_on_tenant_customer_id_and_start_time
    ON public.bookings (tenant_customer_id, start_time);
CREATE INDEX index_bookings_on_tenant_customer_id ON public.bookings (tenant_customer_id);
CREATE INDEX index_bookings_on_video_meeting_id ON public.bookings (video_meeting_id);
CREATE INDEX index_bookings_on_video_meeting_status ON public.bookings (video_meeting_status);
CREATE INDEX index_businesses_on_canonical_preference ON public.businesses (canonical_preference);
CREATE INDEX index_businesses_on_cname_monitoring_active ON public.businesses (cname_monitoring_active);
CREATE INDEX index_businesses_on_description ON public.businesses (description);
CREATE INDEX index_businesses_on_gallery_enabled ON public.businesses (gallery_enabled);
CREATE INDEX index_businesses_on_google_business_manual ON public.businesses (google_business_manual);
CREATE UNIQUE INDEX index_businesses_on_google_place_id ON public.businesses (google_place_id);
CREATE INDEX idx_on_host_type_status_domain_health_verified_7bd6583ebb
    ON public.businesses (host_type, status, domain_health_verified);
CREATE INDEX index_businesses_on_host_type ON public.businesses (host_type);
CREATE UNIQUE INDEX index_businesses_on_hostname ON public.businesses (hostname);
CREATE INDEX index_businesses_on_name ON public.businesses (name);
CREATE INDEX index_businesses_on_rental_deposit_preauth_enabled
    ON public.businesses (rental_deposit_preauth_enabled) WHERE (rental_deposit_preauth_enabled = true);
CREATE INDEX index_businesses_on_service_template_id ON public.businesses (service_template_id);
CREATE INDEX index_businesses_on_sms_auto_invitations_enabled
    ON public.businesses (sms_auto_invitations_enabled);
CREATE INDEX index_businesses_on_status ON public.businesses (status);
CREATE INDEX index_businesses_on_stock_management_enabled ON public.businesses (stock_management_enabled);
CREATE UNIQUE INDEX index_businesses_on_stripe_account_id ON public.businesses (stripe_account_id);
CREATE UNIQUE INDEX index_businesses_on_stripe_customer_id ON public.businesses (stripe_customer_id);
CREATE INDEX index_businesses_on_subscription_discount_enabled
    ON public.businesses (subscription_discount_enabled);
CREATE INDEX index_businesses_on_video_display_location ON public.businesses (video_display_location);
CREATE INDEX index_businesses_on_website_layout ON public.businesses (website_layout);
CREATE INDEX index_calendar_connections_on_active ON public.calendar_connections (active);
CREATE INDEX idx_on_business_id_staff_member_id_provider_648b9f9f74
    ON public.calendar_connections (business_id, staff_member_id, provider);
CREATE INDEX index_calendar_connections_on_business_id ON public.calendar_connections (business_id);
CREATE INDEX index_calendar_connections_on_last_synced_at ON public.calendar_connections (last_synced_at);
CREATE INDEX index_calendar_connections_on_staff_member_id ON public.calendar_connections (staff_member_id);
CREATE INDEX idx_on_booking_id_calendar_connection_id_d1209db064
    ON public.calendar_event_mappings (booking_id, calendar_connection_id);
CREATE INDEX index_calendar_event_mappings_on_booking_id ON public.calendar_event_mappings (booking_id);
CREATE INDEX index_calendar_event_mappings_on_calendar_connection_id
    ON public.calendar_event_mappings (calendar_connection_id);
CREATE INDEX index_calendar_event_mappings_on_external_event_id
    ON public.calendar_event_mappings (external_event_id);
CREATE INDEX index_calendar_event_mappings_on_status ON public.calendar_event_mappings (status);
CREATE INDEX index_calendar_sync_logs_on_action ON public.calendar_sync_logs (action);
CREATE INDEX index_calendar_sync_logs_on_calendar_event_mapping_id
    ON public.calendar_sync_logs (calendar_event_mapping_id);
CREATE INDEX index_calendar_sync_logs_on_created_at ON public.calendar_sync_logs (created_at);
CREATE INDEX index_calendar_sync_logs_on_metadata ON public.calendar_sync_logs USING gin (metadata);
CREATE INDEX index_calendar_sync_logs_on_outcome ON public.calendar_sync_logs (outcome);
CREATE UNIQUE INDEX idx_on_calendar_connection_id_external_event_id_afe9340d39
    ON public.external_calendar_events (calendar_connection_id, external_event_id);
CREATE INDEX index_external_calendar_events_on_calendar_connection_id
    ON public.external_calendar_events (calendar_connection_id);
CREATE INDEX index_external_calendar_events_on_external_event_id
    ON public.external_calendar_events (external_event_id);
CREATE INDEX index_external_calendar_events_on_last_imported_at
    ON public.external_calendar_events (last_imported_at);
CREATE INDEX index_external_calendar_events_on_starts_at_and_ends_at
    ON public.external_calendar_events (starts_at, ends_at);
CREATE UNIQUE INDEX index_rental_bookings_on_business_id_and_booking_number
    ON public.rental_bookings (business_id, booking_number);
CREATE INDEX index_rental_bookings_on_business_id_and_status ON public.rental_bookings (business_id, status);
CREATE INDEX index_rental_bookings_on_business_id_and_status_2
    ON public.rental_bookings (business_id, status);
CREATE INDEX index_rental_bookings_on_business_id ON public.rental_bookings (business_id);
CREATE INDEX index_rental_bookings_on_deposit_authorization_id
    ON public.rental_bookings (deposit_authorization_id);
CREATE INDEX index_rental_bookings_on_end_time
    ON public.rental_bookings (end_time)
    WHERE ((status)::text = ANY
        ((ARRAY['checked_out'::character varying, 'overdue'::character varying])::text[]));
CREATE UNIQUE INDEX index_rental_bookings_on_guest_access_token
    ON public.rental_bookings (guest_access_token);
CREATE INDEX index_rental_bookings_on_location_id ON public.rental_bookings (location_id);
CREATE INDEX idx_on_product_id_start_time_end_time_f527c29028
    ON public.rental_bookings (product_id, start_time, end_time);
CREATE INDEX idx_on_product_id_start_time_end_time_f527c29028_2
    ON public.rental_bookings (product_id, start_time, end_time);
CREATE INDEX index_rental_bookings_on_product_id ON public.rental_bookings (product_id);
CREATE INDEX index_rental_bookings_on_product_variant_id ON public.rental_bookings (product_variant_id);
CREATE INDEX index_rental_bookings_on_promotion_id ON public.rental_bookings (promotion_id);
CREATE INDEX index_rental_bookings_on_staff_member_id ON public.rental_bookings (staff_member_id);
CREATE INDEX index_rental_bookings_on_status_and_end_time ON public.rental_bookings (status, end_time);
CREATE INDEX index_rental_bookings_on_stripe_deposit_payment_intent_id
    ON public.rental_bookings (stripe_deposit_payment_intent_id);
CREATE INDEX index_rental_bookings_on_tenant_customer_id_and_status
    ON public.rental_bookings (tenant_customer_id, status);
CREATE INDEX index_rental_bookings_on_tenant_customer_id ON public.rental_bookings (tenant_customer_id);
CREATE UNIQUE INDEX index_service_variants_on_service_id_and_name_and_duration
    ON public.service_variants (service_id, name, duration);
CREATE INDEX index_service_variants_on_service_id ON public.service_variants (service_id);
CREATE INDEX index_services_on_allow_customer_preferences ON public.services (allow_customer_preferences);
CREATE INDEX index_services_on_allow_discounts ON public.services (allow_discounts);
CREATE INDEX index_services_on_business_id_and_position ON public.services (business_id, position);
CREATE INDEX index_services_on_business_id ON public.services (business_id);
CREATE INDEX index_services_on_created_from_estimate_id ON public.services (created_from_estimate_id);
CREATE INDEX index_services_on_document_template_id ON public.services (document_template_id);
CREATE INDEX index_services_on_event_starts_at ON public.services (event_starts_at) WHERE (service_type = 2);
CREATE UNIQUE INDEX index_services_on_name_and_business_id ON public.services (name, business_id);
CREATE INDEX index_services_on_quickbooks_item_id ON public.services (quickbooks_item_id);
CREATE INDEX index_services_on_tips_enabled ON public.services (tips_enabled);
CREATE INDEX index_services_on_video_enabled ON public.services (video_enabled);
CREATE UNIQUE INDEX index_services_staff_members_on_service_id_and_staff_member_id
    ON public.services_staff_members (service_id, staff_member_id);
CREATE INDEX index_services_staff_members_on_service_id ON public.services_staff_members (service_id);
CREATE INDEX index_services_staff_members_on_staff_member_id
    ON public.services_staff_members (staff_member_id);
CREATE INDEX index_staff_assignments_on_service_id ON public.staff_assignments (service_id);
CREATE INDEX index_staff_assignments_on_user_id ON public.staff_assignments (user_id);
CREATE INDEX index_staff_members_on_adp_employee_id ON public.staff_members (adp_employee_id);
CREATE INDEX index_staff_members_on_business_id ON public.staff_members (business_id);
CREATE INDEX index_staff_members_on_default_calendar_connection_id
    ON public.staff_members (default_calendar_connection_id);
CREATE INDEX index_staff_members_on_user_id ON public.staff_members (user_id);
CREATE UNIQUE INDEX index_tenant_customers_on_business_id_and_lower_email
    ON public.tenant_customers (business_id, lower((email)::text));
CREATE INDEX index_tenant_customers_on_lower_email ON public.tenant_customers (lower((email)::text));
CREATE UNIQUE INDEX index_tenant_customers_on_business_id_and_phone
    ON public.tenant_customers (business_id, phone) WHERE (user_id IS NOT NULL);
CREATE INDEX index_tenant_customers_on_business_id ON public.tenant_customers (business_id);
CREATE INDEX index_tenant_customers_on_cached_days_since_last_purchase
    ON public.tenant_customers (cached_days_since_last_purchase);
CREATE INDEX index_tenant_customers_on_cached_last_purchase_at
    ON public.tenant_customers (cached_last_purchase_at);
CREATE INDEX index_tenant_customers_on_cached_purchase_frequency
    ON public.tenant_customers (cached_purchase_frequency);
CREATE INDEX index_tenant_customers_on_cached_total_revenue ON public.tenant_customers (cached_total_revenue);
CREATE INDEX index_tenant_customers_on_constant_contact_id ON public.tenant_customers (constant_contact_id);
CREATE UNIQUE INDEX index_tenant_customers_on_email_and_business_id
    ON public.tenant_customers (email, business_id);
CREATE INDEX index_tenant_customers_on_email_marketing_synced_at
    ON public.tenant_customers (email_marketing_synced_at);
CREATE INDEX index_tenant_customers_on_mailchimp_subscriber_hash
    ON public.tenant_customers (mailchimp_subscriber_hash);
CREATE INDEX index_tenant_customers_on_quickbooks_customer_id
    ON public.tenant_customers (quickbooks_customer_id);
CREATE INDEX index_tenant_customers_on_sms_opted_out_businesses
    ON public.tenant_customers USING gin (sms_opted_out_businesses);
CREATE UNIQUE INDEX index_tenant_customers_on_stripe_customer_id
    ON public.tenant_customers (stripe_customer_id);
CREATE UNIQUE INDEX index_tenant_customers_on_unsubscribe_token
    ON public.tenant_customers (unsubscribe_token);
CREATE INDEX index_tenant_customers_on_user_id ON public.tenant_customers (user_id);
CREATE UNIQUE INDEX index_users_on_confirmation_token ON public.users (confirmation_token);
CREATE INDEX index_users_on_current_sign_in_at ON public.users (current_sign_in_at);
CREATE INDEX index_users_on_email_and_role ON public.users (email, role);
CREATE UNIQUE INDEX index_users_on_email ON public.users (email);
CREATE INDEX index_users_on_last_sign_in_at ON public.users (last_sign_in_at);
CREATE UNIQUE INDEX index_users_on_provider_and_uid
    ON public.users (provider, uid) WHERE (provider IS NOT NULL);
CREATE INDEX index_users_on_requires_policy_acceptance ON public.users (requires_policy_acceptance);
CREATE UNIQUE INDEX index_users_on_reset_password_token ON public.users (reset_password_token);
CREATE INDEX index_users_on_session_token ON public.users (session_token);
CREATE UNIQUE INDEX index_users_on_unsubscribe_token ON public.users (unsubscribe_token);

-- Foreign keys, under the names that Rails computes
ALTER TABLE public.booking_policies ADD CONSTRAINT fk_rails_948e9a349d
    FOREIGN KEY (business_id) REFERENCES public.businesses (id) ON DELETE CASCADE;
ALTER TABLE public.booking_product_add_ons ADD CONSTRAINT fk_rails_1b8b0eb98b
    FOREIGN KEY (booking_id) REFERENCES public.bookings (id) ON DELETE CASCADE;
ALTER TABLE public.booking_product_add_ons ADD CONSTRAINT fk_rails_9658586f31
    FOREIGN KEY (product_variant_id) REFERENCES public.product_variants (id);
ALTER TABLE public.bookings ADD CONSTRAINT fk_rails_6b29963c5c
    FOREIGN KEY (business_id) REFERENCES public.businesses (id) ON DELETE CASCADE;
ALTER TABLE public.bookings ADD CONSTRAINT fk_rails_1d67cca4b6
    FOREIGN KEY (promotion_id) REFERENCES public.promotions (id) ON DELETE SET NULL;
ALTER TABLE public.bookings ADD CONSTRAINT fk_rails_b96b7d93d1
    FOREIGN KEY (service_variant_id) REFERENCES public.service_variants (id);
ALTER TABLE public.bookings ADD CONSTRAINT fk_rails_1707d5de0d
    FOREIGN KEY (service_id) REFERENCES public.services (id) ON DELETE SET NULL;
ALTER TABLE public.bookings ADD CONSTRAINT fk_rails_9253e92f5a
    FOREIGN KEY (staff_member_id) REFERENCES public.staff_members (id) ON DELETE SET NULL;
ALTER TABLE public.bookings ADD CONSTRAINT fk_rails_ece694ef11
    FOREIGN KEY (tenant_customer_id) REFERENCES public.tenant_customers (id) ON DELETE SET NULL;
ALTER TABLE public.businesses ADD CONSTRAINT fk_rails_9177eafbaf
    FOREIGN KEY (service_template_id) REFERENCES public.service_templates (id);
ALTER TABLE public.calendar_connections ADD CONSTRAINT fk_rails_f2fba7ebf2
    FOREIGN KEY (business_id) REFERENCES public.businesses (id);
ALTER TABLE public.calendar_connections ADD CONSTRAINT fk_rails_684641e771
    FOREIGN KEY (staff_member_id) REFERENCES public.staff_members (id);
ALTER TABLE public.calendar_event_mappings ADD CONSTRAINT fk_rails_171c4bcc64
    FOREIGN KEY (booking_id) REFERENCES public.bookings (id);
ALTER TABLE public.calendar_event_mappings ADD CONSTRAINT fk_rails_e0af5f7b34
    FOREIGN KEY (calendar_connection_id) REFERENCES public.calendar_connections (id);
ALTER TABLE public.calendar_sync_logs ADD CONSTRAINT fk_rails_7dab5f5258
    FOREIGN KEY (calendar_event_mapping_id) REFERENCES public.calendar_event_mappings (id);
ALTER TABLE public.external_calendar_events ADD CONSTRAINT fk_rails_9511d79b75
    FOREIGN KEY (calendar_connection_id) REFERENCES public.calendar_connections (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_5ff109c1c3
    FOREIGN KEY (business_id) REFERENCES public.businesses (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_ddd6429858
    FOREIGN KEY (location_id) REFERENCES public.locations (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_af83cda87a
    FOREIGN KEY (product_variant_id) REFERENCES public.product_variants (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_0e561213b5
    FOREIGN KEY (product_id) REFERENCES public.products (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_2f4b511d31
    FOREIGN KEY (promotion_id) REFERENCES public.promotions (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_ad746a5a5a
    FOREIGN KEY (staff_member_id) REFERENCES public.staff_members (id);
ALTER TABLE public.rental_bookings ADD CONSTRAINT fk_rails_8f622833da
    FOREIGN KEY (tenant_customer_id) REFERENCES public.tenant_customers (id);
ALTER TABLE public.service_variants ADD CONSTRAINT fk_rails_c536005091
    FOREIGN KEY (service_id) REFERENCES public.services (id);
ALTER TABLE public.services ADD CONSTRAINT fk_rails_4a2cffba54
    FOREIGN KEY (business_id) REFERENCES public.businesses (id) ON DELETE CASCADE;
ALTER TABLE public.services ADD CONSTRAINT fk_rails_ee70fc9363
    FOREIGN KEY (document_template_id) REFERENCES public.document_templates (id);
ALTER TABLE public.services ADD CONSTRAINT fk_rails_0fb8a12818
    FOREIGN KEY (created_from_estimate_id) REFERENCES public.estimates (id);
ALTER TABLE public.services_staff_members ADD CONSTRAINT fk_rails_89464d34f8
    FOREIGN KEY (service_id) REFERENCES public.services (id) ON DELETE CASCADE;
ALTER TABLE public.services_staff_members ADD CONSTRAINT fk_rails_971245974f
    FOREIGN KEY (staff_member_id) REFERENCES public.staff_members (id) ON DELETE CASCADE;
ALTER TABLE public.staff_assignments ADD CONSTRAINT fk_rails_fe51ce0dc4
    FOREIGN KEY (service_id) REFERENCES public.services (id);
ALTER TABLE public.staff_assignments ADD CONSTRAINT fk_rails_56de873397
    FOREIGN KEY (user_id) REFERENCES public.users (id);
ALTER TABLE public.staff_members ADD CONSTRAINT fk_rails_74b8e82da5
    FOREIGN KEY (business_id) REFERENCES public.businesses (id) ON DELETE CASCADE;
ALTER TABLE public.staff_members ADD CONSTRAINT fk_rails_a308f02588
    FOREIGN KEY (default_calendar_connection_id) REFERENCES public.calendar_connections (id);
ALTER TABLE public.staff_members ADD CONSTRAINT fk_rails_2925f894a8
    FOREIGN KEY (user_id) REFERENCES public.users (id) ON DELETE SET NULL;
ALTER TABLE public.tenant_customers ADD CONSTRAINT fk_rails_97f416f819
    FOREIGN KEY (business_id) REFERENCES public.businesses (id) ON DELETE CASCADE;
ALTER TABLE public.tenant_customers ADD CONSTRAINT fk_rails_40d12d618a
    FOREIGN KEY (user_id) REFERENCES public.users (id);
ALTER TABLE public.users ADD CONSTRAINT fk_rails_ffa8fa13ef
    FOREIGN KEY (business_id) REFERENCES public.businesses (id);
ALTER TABLE public.users ADD CONSTRAINT fk_rails_1eebd3f5d1
    FOREIGN KEY (staff_member_id) REFERENCES public.staff_members (id);
