--
-- PostgreSQL database dump
--
\restrict abcdef

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.café_orders (
    id integer NOT NULL,
    label character varying(20) DEFAULT 'é'::character varying NOT NULL,
    placed timestamp with time zone DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE public.café_orders OWNER TO shop;
CREATE SEQUENCE public.café_orders_id_seq AS integer START WITH 1;
ALTER TABLE ONLY public.café_orders ALTER COLUMN id SET DEFAULT nextval('public.café_orders_id_seq'::regclass);
ALTER TABLE ONLY public.café_orders ADD CONSTRAINT café_orders_pkey PRIMARY KEY (id);
\unrestrict abcdef
